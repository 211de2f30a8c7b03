"""Whatever library computes a network, what adapters change is computed by torch; and nothing of it stays."""

import numpy as np
import pytest
import torch

from services.generate.engine.adapter import AdapterReader
from services.generate.engine.bucket import ShapeBucket
from services.generate.engine.drawn import draw_inputs
from services.generate.engine.lora import Worn
from services.generate.engine.runners.eager import TorchRunner
from services.generate.engine.spec import Part
from services.generate.engine.styled import StyledRunner
from tests.support.adapters import adapter_data
from tests.support.tiny_submodels import tiny_submodel


@pytest.fixture(scope="module")
def model():
    return tiny_submodel(Part.UNET)


@pytest.fixture(scope="module")
def worn(model):
    reader = AdapterReader({Part.UNET: model})
    return [Worn(reader.read(adapter_data(seed=seed)), 0.8) for seed in (1, 2)]


@pytest.fixture(scope="module")
def inputs(model):
    return draw_inputs(model.interface, model.interface.shapes(ShapeBucket(1, 64, 64)), seed=1)


class CountingRunner(TorchRunner):
    """Stands for another library."""

    calls = 0

    def run(self, inputs):
        self.calls += 1
        return super().run(inputs)


def drawn(runner, inputs, *worn):
    return runner.run(inputs, worn)["noise_pred"].numpy()


def test_network_without_adapters_is_the_librarys(model, inputs):
    library = CountingRunner(model)
    runner = StyledRunner(library, model)
    assert np.array_equal(drawn(runner, inputs), drawn(runner, inputs))
    assert library.calls == 2


def test_adapters_after_others_draw_the_same_bytes_again(model, worn, inputs):
    runner = StyledRunner(TorchRunner(model), model)
    first, second = worn
    seen = [
        drawn(runner, inputs, *each).tobytes() for each in ([first], [second], [], [first], [first, second], [first])
    ]
    assert seen[0] == seen[3] == seen[5]
    assert len(set(seen)) == 4


def test_what_is_computed_beside_is_not_changed(model, worn, inputs):
    """Another library is being compared with torch while a picture is drawn with a style."""
    beside = TorchRunner(model)
    before = beside.run(inputs)["noise_pred"]
    drawn(StyledRunner(beside, model), inputs, worn[0])
    assert torch.equal(beside.run(inputs)["noise_pred"], before)


def test_adapter_of_another_network_is_not_its_own(model, inputs):
    encoder = tiny_submodel(Part.TEXT_ENCODER)
    name = "lora_te_text_model_encoder_layers_0_self_attn_q_proj"
    more = {f"{name}.lora_down.weight": torch.ones(4, 32), f"{name}.lora_up.weight": torch.ones(32, 4)}
    adapter = AdapterReader({Part.TEXT_ENCODER: encoder}).read(adapter_data(layers={}, more=more))
    library = CountingRunner(model)
    drawn(StyledRunner(library, model), inputs, Worn(adapter, 1.0))
    assert library.calls == 1

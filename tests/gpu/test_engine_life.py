"""A checkpoint's engines on a real GPU: built, judged, in use, and with adapters."""

import threading
from dataclasses import replace

import pytest
import torch

from services.common.errors import Cancelled
from services.generate.diffusion.checkpoint import Checkpoint
from services.generate.diffusion.networks import Networks
from services.generate.engine.adapter import AdapterReader
from services.generate.engine.bucket import ShapeBucket
from services.generate.engine.drawn import draw_inputs
from services.generate.engine.engines import engine_shop
from services.generate.engine.export import describe, export
from services.generate.engine.factors import WithFactors
from services.generate.engine.gate import GoldenGate
from services.generate.engine.interface import Ranks
from services.generate.engine.lifecycle import EngineState
from services.generate.engine.lora import AdapterInputs, RefittedWeights, Worn, merged
from services.generate.engine.runners.eager import TorchRunner
from services.generate.engine.spec import Part, Refit
from services.generate.engine.store import EngineStore
from services.generate.engine.submodel import sub_models
from tests.support.adapters import adapter_data
from tests.support.tiny_checkpoint import write_tiny_checkpoint

DTYPE = torch.float16
RANKS = Ranks(4, 8, 16)


@pytest.fixture
def checkpoint(tmp_path):
    return Checkpoint.read(write_tiny_checkpoint(tmp_path / "checkpoint"))


@pytest.fixture
def unet(checkpoint, gpu):
    return sub_models(Networks.load(checkpoint, gpu, DTYPE))[Part.UNET]


@pytest.fixture
def shop(checkpoint, library, gpu, tmp_path):
    """Engines of the tiny UNet; `graph` is what they are built from."""

    def make(model, **plan):
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.onnx"
        export(model, path)
        store = EngineStore(tmp_path / "store")
        made = engine_shop(library, checkpoint, store, lambda part: path, gpu)
        return replace(made, plan=replace(made.plan, **plan))

    return make


@pytest.fixture
def adapters(unet):
    reader = AdapterReader({Part.UNET: unet})
    return [reader.read(adapter_data(seed=seed)) for seed in (1, 2)]


@pytest.fixture
def inputs(unet, gpu):
    drawn = draw_inputs(unet.interface, unet.interface.shapes(ShapeBucket(1, 64, 64)), seed=1)
    return {name: tensor.to(gpu) for name, tensor in drawn.items()}


def in_torch(model, inputs):
    return TorchRunner(model).run(inputs)["noise_pred"].float()


def close_to(found, wanted):
    torch.testing.assert_close(found.float(), wanted.float(), rtol=2e-2, atol=5e-2)


def test_an_engine_agrees_with_torch_and_serves(shop, unet, inputs):
    runner = shop(unet).runner(unet, TorchRunner(unet))
    runner.prepare()
    assert runner.state == EngineState.ACTIVE, runner.status()
    close_to(runner.run(inputs)["noise_pred"], in_torch(unet, inputs))
    runner.close()


def test_an_engine_that_can_be_refitted_is_right_before_it_is(shop, unet):
    """TensorRT 11.3 may lose a bias in such engines."""
    refittable = shop(unet, refit=Refit.ADAPTER_TARGETS)
    runner = refittable.runner(unet, TorchRunner(unet))
    runner.prepare()
    assert runner.state == EngineState.ACTIVE, runner.status()
    runner.close()


def test_refitted_adapters_leave_nothing_behind(shop, unet, adapters, inputs):
    """A, B, A: the second A is the first one to the byte, and what torch draws with A merged."""
    runner = shop(unet, refit=Refit.ADAPTER_TARGETS).runner(unet, TorchRunner(unet))
    runner.prepare()
    base = {name: weights.clone() for name, weights in unet.network.state_dict().items()}
    use = RefittedWeights(Part.UNET, base, lambda weights: runner.refit(lambda engine: engine.refit(weights)))
    pictures = []
    for adapter in (adapters[0], adapters[1], adapters[0]):
        use.use([(Worn(adapter, 1.0),)])
        pictures.append(runner.run(inputs)["noise_pred"].cpu())
    assert torch.equal(pictures[0], pictures[2])
    assert not torch.equal(pictures[0], pictures[1])
    unet.network.load_state_dict(base | merged(Part.UNET, base, (Worn(adapters[0], 1.0),)))
    close_to(pictures[0].to(inputs["sample"].device), in_torch(unet, inputs))
    runner.close()


def test_adapters_as_inputs_are_those_of_torch(shop, unet, adapters, inputs):
    model = WithFactors(unet)
    runner = shop(model, ranks=RANKS).runner(model, TorchRunner(model))
    runner.prepare()
    assert runner.state == EngineState.ACTIVE, runner.status()
    worn = (Worn(adapters[0], 1.0),)
    rows = [worn, ()]
    given = inputs | AdapterInputs(Part.UNET, unet.network, RANKS, DTYPE).use(rows)
    close_to(runner.run(given)["noise_pred"], in_torch(model, given))
    runner.close()


def test_the_gate_catches_a_lost_bias_here_too(shop, unet):
    """The engine is of the whole network; the reference has lost a bias."""
    made = shop(unet)
    stored = made.plan.build(describe(unet, made.exported(Part.UNET)), made.store, made.builder)
    engine = made.open(stored, unet.interface)
    spec = made.plan.spec(describe(unet, made.exported(Part.UNET)))
    with torch.no_grad():
        unet.network.conv_out.bias.zero_()
    assert not GoldenGate(TorchRunner(unet), device=made.device).judge(engine, spec).passed
    engine.close()


def test_a_cancelled_build_leaves_the_gpu_to_others(shop, unet, inputs, tmp_path):
    made, cancelled = shop(unet), threading.Event()
    model = describe(unet, made.exported(Part.UNET))
    with pytest.raises(Cancelled):
        made.builder.build(model, made.plan.spec(model), tmp_path / "engine", lambda step: cancelled.set(), cancelled)
    assert torch.isfinite(in_torch(unet, inputs)).all()

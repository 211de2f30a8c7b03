import pytest
import torch

from services.common.errors import InvalidInput
from services.generate.engine.runners.eager import TorchRunner, signature
from tests.support.tiny_submodel import TinySubModel, tiny_inputs


def test_outputs_come_by_their_names():
    model, inputs = TinySubModel(), tiny_inputs()
    ((name, found),) = TorchRunner(model).run(inputs).items()
    assert name == "noise_pred"
    assert torch.equal(found, model(inputs["sample"], inputs["timestep"])[0])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mask": torch.zeros(1)}, "not known: \\['mask'\\]"),
        ({"timestep": torch.zeros(3)}, "timestep has the shape \\[3\\]; wanted is \\[2\\]"),
        ({"sample": torch.zeros(2, 4, 7, 8)}, "height is 7"),
    ],
    ids=["unknown", "another batch", "odd"],
)
def test_inputs_that_the_network_does_not_take_are_refused(changes, words):
    with pytest.raises(InvalidInput, match=words):
        TorchRunner(TinySubModel()).run(tiny_inputs() | changes)


def test_nothing_is_kept_for_a_gradient():
    assert TorchRunner(TinySubModel()).run(tiny_inputs())["noise_pred"].is_inference()


def test_closed_runner_lets_its_module_go_and_may_be_closed_again():
    runner = TorchRunner(TinySubModel())
    runner.close()
    runner.close()
    with pytest.raises(TypeError):
        runner.run(tiny_inputs())


def test_signature_tells_shapes_and_types_apart():
    assert signature(tiny_inputs(seed=1)) == signature(tiny_inputs(seed=2))
    assert signature(tiny_inputs()) != signature(tiny_inputs(rows=3))
    assert signature(tiny_inputs()) != signature(tiny_inputs(dtype=torch.float64))

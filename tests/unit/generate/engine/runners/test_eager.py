import pytest
import torch

from services.common.errors import InvalidInput
from services.generate.engine.runners.eager import TorchRunner, signature
from tests.support.two_layers import TwoLayers, two_layer_inputs


def test_outputs_come_by_their_names():
    model, inputs = TwoLayers(), two_layer_inputs()
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
        TorchRunner(TwoLayers()).run(two_layer_inputs() | changes)


def test_nothing_is_kept_for_a_gradient():
    assert TorchRunner(TwoLayers()).run(two_layer_inputs())["noise_pred"].is_inference()


def test_closed_runner_lets_its_module_go_and_may_be_closed_again():
    runner = TorchRunner(TwoLayers())
    runner.close()
    runner.close()
    with pytest.raises(TypeError):
        runner.run(two_layer_inputs())


def test_signature_tells_shapes_and_types_apart():
    assert signature(two_layer_inputs(seed=1)) == signature(two_layer_inputs(seed=2))
    assert signature(two_layer_inputs()) != signature(two_layer_inputs(rows=3))
    assert signature(two_layer_inputs()) != signature(two_layer_inputs(dtype=torch.float64))

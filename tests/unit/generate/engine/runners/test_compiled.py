import pytest
import torch

from services.generate.engine.runners.compiled import CompiledRunner
from services.generate.engine.runners.eager import TorchRunner
from tests.support.two_layers import TwoLayers, two_layer_inputs


@pytest.fixture
def counting():
    """A backend that counts the graphs it is given, and what runs them."""

    class Counting:
        compiled = runs = 0

        def __call__(self, graph, example_inputs):
            self.compiled += 1

            def run(*tensors):
                self.runs += 1
                return graph(*tensors)

            return run

    torch.compiler.reset()
    yield Counting()
    torch.compiler.reset()


def test_prepared_shape_runs_compiled_and_gives_the_same(counting):
    runner = CompiledRunner(TwoLayers(), counting)
    runner.prepare(two_layer_inputs())
    inputs = two_layer_inputs(seed=1)
    assert torch.equal(runner.run(inputs)["noise_pred"], TorchRunner(TwoLayers()).run(inputs)["noise_pred"])
    assert (counting.compiled, counting.runs) == (1, 2)


def test_other_shapes_are_never_compiled(counting):
    runner = CompiledRunner(TwoLayers(), counting)
    runner.prepare(two_layer_inputs())
    for rows in (1, 3, 4):
        assert runner.run(two_layer_inputs(rows=rows))["noise_pred"].shape == (rows, 4, 8, 8)
    assert (counting.compiled, counting.runs) == (1, 1)


def test_every_prepared_shape_has_kernels_of_its_own(counting):
    runner = CompiledRunner(TwoLayers(), counting)
    for rows in (2, 4, 2):
        runner.prepare(two_layer_inputs(rows=rows))
    assert counting.compiled == 2

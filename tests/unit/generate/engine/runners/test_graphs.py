import pytest
import torch

from services.common.errors import Internal
from services.generate.engine.runners.eager import TorchRunner
from services.generate.engine.runners.graphs import GraphRunner
from tests.support.two_layers import TwoLayers, two_layer_inputs


class Recorder:
    """Stands in for CUDA: does recorded work again and writes into the same memory.

    Args:
        wrong: What a replay adds to the result.
    """

    def __init__(self, wrong=0.0):
        self.replays = 0
        self._wrong = wrong

    def __call__(self, work):
        outputs = {name: tensor.clone() for name, tensor in work().items()}

        def replay():
            self.replays += 1
            for name, tensor in work().items():
                outputs[name].copy_(tensor + self._wrong)

        return replay, outputs


def graphs(recorder):
    runner = GraphRunner(TorchRunner(TwoLayers()), recorder)
    runner.prepare(two_layer_inputs())
    return runner


def test_replay_computes_from_the_inputs_of_the_call():
    recorder, inputs = Recorder(), two_layer_inputs(seed=4)
    runner = graphs(recorder)
    before = recorder.replays
    assert torch.equal(runner.run(inputs)["noise_pred"], TorchRunner(TwoLayers()).run(inputs)["noise_pred"])
    assert recorder.replays == before + 1


def test_next_replay_does_not_overwrite_the_last_ones_result():
    runner = graphs(Recorder())
    first = runner.run(two_layer_inputs(seed=1))["noise_pred"]
    kept = first.clone()
    runner.run(two_layer_inputs(seed=2))
    assert torch.equal(first, kept)


def test_shape_that_was_not_prepared_runs_plainly():
    recorder = Recorder()
    runner = graphs(recorder)
    before = recorder.replays
    assert runner.run(two_layer_inputs(rows=3))["noise_pred"].shape == (3, 4, 8, 8)
    assert recorder.replays == before


@pytest.mark.parametrize("wrong", [1.0, float("nan")])
def test_graph_that_differs_from_a_plain_run_is_not_used(wrong):
    recorder = Recorder(wrong)
    runner = GraphRunner(TorchRunner(TwoLayers()), recorder)
    with pytest.raises(Internal, match="another noise_pred than a plain run"):
        runner.prepare(two_layer_inputs())
    replays = recorder.replays
    runner.run(two_layer_inputs())
    assert recorder.replays == replays


def test_graph_without_work_in_it_is_not_used():
    """What is recorded on another device than the network's is empty, and its replay leaves the memory as it was."""

    def empty(work):
        return (lambda: None), {name: tensor.clone() for name, tensor in work().items()}

    with pytest.raises(Internal, match="plain run"):
        GraphRunner(TorchRunner(TwoLayers()), empty).prepare(two_layer_inputs())

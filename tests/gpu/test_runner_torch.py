"""Torch's three ways on a GPU."""

import threading

import pytest
import torch

from services.generate.engine.export import sample_inputs
from services.generate.engine.runners.compiled import CompiledRunner
from services.generate.engine.runners.eager import TorchRunner
from services.generate.engine.runners.graphs import GraphRunner
from services.generate.engine.spec import Part
from tests.support.tiny_submodels import tiny_submodel

DTYPES = pytest.mark.parametrize("dtype", [torch.float32, torch.float16], ids=str)
TOLERANCES = {torch.float32: 1e-4, torch.float16: 1e-2}


def on(gpu, dtype, seed=0):
    """A UNet on the GPU, and inputs for it."""
    model = tiny_submodel(Part.UNET, dtype).to(gpu)
    return model, {name: tensor.to(gpu) for name, tensor in sample_inputs(model, seed).items()}


@DTYPES
def test_gpu_gives_what_the_cpu_gives(gpu, dtype):
    model, inputs = on(gpu, dtype)
    found = TorchRunner(model).run(inputs)["noise_pred"].float().cpu()
    plain = {name: tensor.cpu().float() for name, tensor in inputs.items()}
    exact = TorchRunner(tiny_submodel(Part.UNET)).run(plain)["noise_pred"]
    torch.testing.assert_close(found, exact, rtol=TOLERANCES[dtype], atol=10 * TOLERANCES[dtype])


@DTYPES
def test_replay_gives_what_a_plain_run_gives(gpu, dtype):
    model, inputs = on(gpu, dtype)
    runner, plain = GraphRunner(TorchRunner(model)), TorchRunner(model)
    runner.prepare(inputs)
    for seed in (1, 2, 3):
        _, other = on(gpu, dtype, seed)
        torch.testing.assert_close(runner.run(other), plain.run(other), rtol=TOLERANCES[dtype], atol=TOLERANCES[dtype])


def test_other_threads_work_while_a_graph_is_recorded(gpu):
    model, inputs = on(gpu, torch.float16)
    stop, failed = threading.Event(), []

    def work():
        try:
            while not stop.is_set():
                torch.ones(1 << 20, device=gpu).sum().item()
        except RuntimeError as error:
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        GraphRunner(TorchRunner(model)).prepare(inputs)
    finally:
        stop.set()
        thread.join()
    assert failed == []


def test_compiled_kernels_give_what_plain_ones_give(gpu):
    model, inputs = on(gpu, torch.float16)
    runner = CompiledRunner(model)
    runner.prepare(inputs)
    torch.testing.assert_close(runner.run(inputs), TorchRunner(model).run(inputs), rtol=1e-2, atol=1e-2)


def test_step_in_flight_ends_before_its_memory_goes(gpu):
    """A cancelled sample's tensors are freed while the GPU still works with them; the next picture must not show it."""
    model, inputs = on(gpu, torch.float16)
    runner = TorchRunner(model)
    expected = runner.run(inputs)["noise_pred"].cpu()
    for seed in range(20):
        abandoned = runner.run(on(gpu, torch.float16, seed)[1])
        del abandoned
        torch.testing.assert_close(runner.run(inputs)["noise_pred"].cpu(), expected)

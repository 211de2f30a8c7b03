import hashlib
import inspect

import pytest
import torch

from services.common.errors import Internal, InvalidInput, ModelUnavailable
from services.generate.engine import nvidia_runtime
from services.generate.engine.backend import Library
from services.generate.engine.runners.tensorrt import TensorRtRunner
from services.generate.engine.spec import Backend
from tests.support.fake_tensorrt import DataType, FakeActivations, fake_module
from tests.support.two_layers import TwoLayers, two_layer_inputs

INTERFACE = TwoLayers().interface
DIGEST = hashlib.sha256(b"plan").hexdigest()


@pytest.fixture
def activations():
    return FakeActivations()


@pytest.fixture
def open_runner(activations):
    """Opens the stand-in's engine."""

    def run(plan=b"plan", dtype=DataType.FLOAT):
        library = Library(Backend.TENSORRT, fake_module(activations, plan, dtype))
        return TensorRtRunner.open(library, plan, DIGEST, INTERFACE, activations)

    return run


def shifted(inputs, bias=0.0):
    return inputs["sample"] + inputs["timestep"][:, None, None, None] + bias


@pytest.mark.parametrize("rows", [2, 4])
def test_engine_reads_and_writes_where_it_is_told(open_runner, rows):
    inputs = two_layer_inputs(rows=rows)
    assert torch.equal(open_runner().run(inputs)["noise_pred"], shifted(inputs))


def test_profile_is_the_one_that_covers_the_shapes(open_runner):
    runner = open_runner()
    for rows in (4, 2, 2, 4):
        inputs = two_layer_inputs(seed=rows, rows=rows)
        assert torch.equal(runner.run(inputs)["noise_pred"], shifted(inputs))
    assert runner._engine.context.profiles_used == [1, 0, 0, 1]


def test_shapes_that_no_profile_covers_are_refused(open_runner):
    with pytest.raises(InvalidInput, match="built for other shapes"):
        open_runner().run(two_layer_inputs(rows=3))


def test_next_run_does_not_overwrite_the_last_ones_result(open_runner):
    runner = open_runner()
    first = runner.run(two_layer_inputs(seed=1))["noise_pred"]
    kept = first.clone()
    runner.run(two_layer_inputs(seed=2))
    assert torch.equal(first, kept)


def test_activations_are_lent_for_the_run_alone(open_runner, activations):
    open_runner().run(two_layer_inputs())
    assert activations.lent_bytes == [4096]
    assert not activations.is_lent


@pytest.mark.parametrize("damaged", [b"plaN", b"pla", b"plan ", b""], ids=["bit", "short", "long", "empty"])
def test_damaged_file_never_reaches_the_library(open_runner, damaged):
    with pytest.raises(ModelUnavailable, match="digest differs"):
        open_runner(plan=damaged)


def test_plan_for_another_machine_is_told(activations):
    library = Library(Backend.TENSORRT, fake_module(activations, b"another"))
    with pytest.raises(ModelUnavailable, match="another version, GPU or driver"):
        TensorRtRunner.open(library, b"plan", DIGEST, INTERFACE, activations)


def test_engine_of_another_type_is_refused(open_runner):
    with pytest.raises(ModelUnavailable, match="float16"):
        open_runner(dtype=DataType.HALF)


def test_input_of_another_type_is_refused(open_runner):
    with pytest.raises(InvalidInput, match=r"is torch\.float32; got torch\.float64"):
        open_runner().run(two_layer_inputs(dtype=torch.float64))


def test_failed_work_is_an_error(open_runner):
    runner = open_runner()
    runner._engine.fails = True
    with pytest.raises(Internal, match="the engine failed"):
        runner.run(two_layer_inputs())


def test_refitted_engine_computes_with_the_new_weights_after_all_work_is_done(open_runner, activations):
    runner, inputs = open_runner(), two_layer_inputs()
    runner.refit({"bias": torch.tensor([0.5])})
    assert activations.waits == 1
    assert torch.equal(runner.run(inputs)["noise_pred"], shifted(inputs, 0.5))


@pytest.mark.parametrize("weights", [{}, {"bias": torch.zeros(1), "odd": torch.zeros(1)}], ids=["missing", "unknown"])
def test_weights_that_do_not_fit_are_told(open_runner, weights):
    with pytest.raises(ModelUnavailable, match="did not take the weights"):
        open_runner().refit(weights)


def test_closed_engine_may_be_closed_again_and_runs_no_more(open_runner):
    runner = open_runner()
    runner.close()
    runner.close()
    with pytest.raises(Internal, match="closed"):
        runner.run(two_layer_inputs())


#: Our protocols by the library's own names.
CLASSES = {
    nvidia_runtime.Context: "IExecutionContext", nvidia_runtime.Engine: "ICudaEngine",
    nvidia_runtime.Runtime: "Runtime", nvidia_runtime.Refitter: "Refitter",
}  # fmt: skip


@pytest.fixture(scope="module")
def rtx():
    return pytest.importorskip("tensorrt_rtx", reason="its wheel is not made for this platform")


def members(protocol):
    own = {name for name, _ in inspect.getmembers(protocol, callable) if not name.startswith("_")}
    return own | {name for name in protocol.__annotations__ if not name.startswith("__")}


@pytest.mark.parametrize("protocol", CLASSES, ids=lambda protocol: protocol.__name__)
def test_our_types_are_the_librarys(rtx, protocol):
    theirs = getattr(rtx, CLASSES[protocol])
    assert {name for name in members(protocol) if not hasattr(theirs, name)} == set()


def test_our_module_is_the_librarys(rtx):
    assert {name for name in members(nvidia_runtime.RuntimeModule) if not hasattr(rtx, name)} == set()
    assert hasattr(rtx.ExecutionContextAllocationStrategy, "USER_MANAGED")

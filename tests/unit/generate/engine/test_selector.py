import pytest

from services.common.errors import ModelUnavailable
from services.common.settings import DiffusionSettings
from services.generate.engine.machine import Gpu, Machine, parse_gpu
from services.generate.engine.selector import Needs, RunnerKind, choose

VERSIONS = {
    "tensorrt": "11.4.1", "tensorrt_rtx": "1.7.1", "torch": "2.13.0", "openvino": "2026.4.1", "onnxruntime": "1.32.0",
}  # fmt: skip


def machine(capability=None, without=(), torch_cuda=True, openvino_cpu=True, **versions):
    """A machine with everything installed but what is named; without a capability it has no GPU."""
    gpu = Gpu("NVIDIA Test", capability, "580.10", 24 << 30) if capability else None
    installed = {name: version for name, version in (VERSIONS | versions).items() if name not in without}
    return Machine(gpu, installed, torch_cuda and gpu is not None, openvino_cpu, bfloat16=True)


@pytest.mark.parametrize(
    ("capability", "chosen"),
    [
        ((8, 0), "tensorrt"), ((8, 6), "tensorrt"), ((8, 9), "tensorrt"), ((9, 0), "tensorrt"), ((12, 0), "tensorrt"),
        ((7, 5), "torch"),
    ],
    ids=["A100", "RTX 30", "RTX 40", "H100", "RTX 50", "Turing"],
)  # fmt: skip
def test_tensorrt_is_first_from_ampere_on(capability, chosen):
    choice = choose(machine(capability), Needs())
    assert (choice.runner, choice.device) == (chosen, "cuda")


@pytest.mark.parametrize(
    ("capability", "chosen"), [((8, 6), "tensorrt_rtx"), ((8, 9), "tensorrt_rtx"), ((12, 0), "tensorrt_rtx"),
                               ((8, 0), "torch"), ((9, 0), "torch")],
)  # fmt: skip
def test_tensorrt_rtx_stands_in_where_it_runs(capability, chosen):
    assert choose(machine(capability, without=["tensorrt"]), Needs()).runner == chosen


def test_barred_tensorrt_is_passed_over_and_the_reason_told():
    choice = choose(machine((8, 0), tensorrt="11.3.0"), Needs())
    assert choice.runner == RunnerKind.TORCH
    assert "11.3.0 may drop a bias" in choice.reason
    assert choice.told()["passed_over"]["tensorrt"] in choice.reason


@pytest.mark.parametrize(
    ("without", "chosen"),
    [((), "openvino"), (("openvino",), "onnxruntime"), (("openvino", "onnxruntime"), "torch")],
    ids=["all", "no OpenVINO", "torch alone"],
)
def test_cpu_takes_the_first_that_is_installed(without, chosen):
    choice = choose(machine(without=without), Needs())
    assert (choice.runner, choice.device) == (chosen, "cpu")
    assert "no NVIDIA GPU was found" in choice.reason


def test_openvino_without_a_cpu_device_is_passed_over():
    choice = choose(machine(openvino_cpu=False), Needs())
    assert choice.runner == RunnerKind.ONNXRUNTIME
    assert "OpenVINO has no CPU device" in choice.reason


def test_gpu_that_torch_can_not_use_leaves_the_cpu():
    choice = choose(machine((8, 9), torch_cuda=False), Needs())
    assert choice.device == "cpu"
    assert "torch 2.13.0 can't use NVIDIA Test with driver 580.10" in choice.reason


def test_weights_that_do_not_fit_leave_the_cpu():
    choice = choose(machine((8, 9)), Needs(weights_bytes=30 << 30))
    assert choice.device == "cpu"
    assert "32.2 GB of weights don't fit into 25.8 GB" in choice.reason


def test_operator_is_obeyed_and_the_reason_says_so():
    choice = choose(machine((8, 9)), Needs(), RunnerKind.TORCH_GRAPHS)
    assert (choice.runner, choice.device) == ("torch_graphs", "cuda")
    assert "set by the operator" in choice.reason


def test_operator_may_keep_the_networks_off_the_gpu():
    assert choose(machine((8, 9)), Needs(), device="cpu").runner == RunnerKind.OPENVINO


@pytest.mark.parametrize(
    ("wanted", "device", "why"),
    [
        (RunnerKind.TENSORRT, "auto", "no NVIDIA GPU was found"), (RunnerKind.TENSORRT, "cpu", "does not run on cpu"),
        ("auto", "cuda", "no NVIDIA GPU was found"),
    ],
)  # fmt: skip
def test_what_the_operator_wants_and_can_not_have_is_told_at_the_start(wanted, device, why):
    with pytest.raises(ModelUnavailable, match=why) as caught:
        choose(machine(), Needs(), wanted, device)
    assert caught.value.details["field"] == "generate.diffusion.runner"


@pytest.mark.parametrize("kind", [RunnerKind.TORCH_COMPILE, RunnerKind.TORCH_GRAPHS])
@pytest.mark.parametrize("capability", [None, (7, 5)], ids=["CPU", "GPU"])
def test_what_takes_minutes_to_start_is_never_chosen_unasked(kind, capability):
    assert choose(machine(capability, without=["openvino", "onnxruntime"]), Needs()).runner != kind


def test_settings_offer_every_runner_there_is():
    offered = DiffusionSettings.model_json_schema()["properties"]["runner"]["enum"]
    assert offered == ["auto", *RunnerKind]


def test_line_of_nvidias_tool_is_read():
    gpu = parse_gpu("NVIDIA H200, 9.0, 580.65.06, 142860")
    assert gpu == Gpu("NVIDIA H200", (9, 0), "580.65.06", 142860 << 20)


def test_this_machine_can_be_looked_at():
    found = Machine.probe()
    assert found.version("torch").startswith("2.")
    assert found.version("tensorrt_lite") == ""
    choose(found, Needs())

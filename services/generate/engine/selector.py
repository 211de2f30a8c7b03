"""Which library computes a checkpoint's networks on this machine, and why."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal

from services.common.errors import ModelUnavailable
from services.generate.engine.machine import Machine


class RunnerKind(StrEnum):
    """The libraries, and torch's three ways."""

    TENSORRT = "tensorrt"
    TENSORRT_RTX = "tensorrt_rtx"
    TORCH = "torch"
    TORCH_COMPILE = "torch_compile"
    TORCH_GRAPHS = "torch_graphs"
    OPENVINO = "openvino"
    ONNXRUNTIME = "onnxruntime"


#: Where networks are computed, as torch calls it.
DeviceKind = Literal["cuda", "cpu"]

#: TensorRT 11 runs on Ampere and later, Hopper included.
_LEAST_CAPABILITY: Final = (8, 0)
#: TensorRT-RTX's support matrix has no data-centre GPUs; Turing builds and then fails to run
#: (https://github.com/NVIDIA/TensorRT-RTX/issues/20).
_RTX_CAPABILITIES: Final = ((8, 6), (8, 9), (12, 0))
_TENSORRT_MAJOR: Final = "11."
#: Refittable engines may lack a bias (docs.nvidia.com, TensorRT 11.3.0, "Refitting Engines").
_BARRED: Final = "11.3."


@dataclass(frozen=True)
class Needs:
    """What a checkpoint asks of a machine.

    Args:
        weights_bytes: Of all its networks, in the type that they are computed in.
    """

    weights_bytes: int = 0


@dataclass(frozen=True)
class Choice:
    """What computes, and why.

    Args:
        runner: The library.
        device: Where.
        reason: In words, for logs, health and the operator.
        passed_over: What would have come first, and why it does not.
    """

    runner: RunnerKind
    device: DeviceKind
    reason: str
    passed_over: tuple[tuple[RunnerKind, str], ...] = ()

    def told(self) -> dict[str, Any]:
        """For health and `vitrine engines list`: JSON types only."""
        return {
            "runner": str(self.runner), "device": self.device, "reason": self.reason,
            "passed_over": {str(kind): why for kind, why in self.passed_over},
        }  # fmt: skip


def choose(machine: Machine, needs: Needs, wanted: RunnerKind | Literal["auto"] = "auto") -> Choice:
    """The first that will do, or the one that the operator wants.

    Args:
        machine: What there is.
        needs: The checkpoint's.
        wanted: The setting `generate.runner`.

    Raises:
        ModelUnavailable: What the operator wants can't be had here; the message says why.
    """
    passed_over: list[tuple[RunnerKind, str]] = []
    for kind, device in _candidates(wanted):
        fault = _FAULTS[kind, device](machine, needs)
        if not fault:
            return Choice(kind, device, _reason(machine, kind, device, wanted, passed_over), tuple(passed_over))
        passed_over.append((kind, fault))
    faults = "; ".join(dict.fromkeys(fault for _, fault in passed_over))
    raise ModelUnavailable(
        f"generate.runner is {wanted}, which can't be had on this machine: {faults}", field="generate.runner"
    )


def _candidates(wanted: RunnerKind | Literal["auto"]) -> Iterator[tuple[RunnerKind, DeviceKind]]:
    for kind, device in _FAULTS:
        if wanted == kind or (wanted == "auto" and kind not in _ASKED_FOR):
            yield kind, device


def _reason(
    machine: Machine,
    kind: RunnerKind,
    device: DeviceKind,
    wanted: RunnerKind | Literal["auto"],
    passed_over: list[tuple[RunnerKind, str]],
) -> str:
    gpu = machine.gpu
    place = f"{gpu.name}, driver {gpu.driver}" if gpu and device == "cuda" else "this CPU"
    library = "torch" if kind in {RunnerKind.TORCH_COMPILE, RunnerKind.TORCH_GRAPHS} else kind
    chosen = f"{kind} ({machine.version(library)}) on {place}"
    if wanted != "auto":
        return f"{chosen}: set by the operator"
    # One fault keeps several out where there is no GPU.
    faults = dict.fromkeys(fault for _, fault in passed_over)
    return f"{chosen}: {'; '.join(faults) or 'the first choice'}"


def _tensorrt(machine: Machine, needs: Needs) -> str:
    version, gpu = machine.version("tensorrt"), machine.gpu
    if fault := _no_gpu(machine, needs):
        return fault
    if gpu is not None and gpu.compute_capability < _LEAST_CAPABILITY:
        return f"TensorRT 11 wants compute capability 8.0 or later, {gpu.name} has {_said(gpu.compute_capability)}"
    if not version:
        return "TensorRT is not installed"
    if not version.startswith(_TENSORRT_MAJOR) or version.startswith(_BARRED):
        return f"TensorRT {version} is installed; wanted is 11, and not 11.3, whose refittable engines lose a bias"
    return ""


def _tensorrt_rtx(machine: Machine, needs: Needs) -> str:
    gpu = machine.gpu
    if fault := _no_gpu(machine, needs):
        return fault
    if gpu is not None and gpu.compute_capability not in _RTX_CAPABILITIES:
        known = ", ".join(map(_said, _RTX_CAPABILITIES))
        return f"TensorRT-RTX runs on compute capability {known}, {gpu.name} has {_said(gpu.compute_capability)}"
    return "" if machine.version("tensorrt_rtx") else "TensorRT-RTX is not installed"


def _no_gpu(machine: Machine, needs: Needs) -> str:
    gpu = machine.gpu
    if gpu is None:
        return "no NVIDIA GPU was found"
    if not machine.torch_cuda:
        return f"torch {machine.version('torch')} can't use {gpu.name} with driver {gpu.driver}"
    if needs.weights_bytes > gpu.free_bytes:
        wanted_gb, free_gb = needs.weights_bytes / 1e9, gpu.free_bytes / 1e9
        return f"{wanted_gb:.1f} GB of weights don't fit into {free_gb:.1f} GB of free memory on {gpu.name}"
    return ""


def _openvino(machine: Machine, needs: Needs) -> str:
    del needs  # memory of the host is the operator's to give
    if not machine.version("openvino"):
        return "OpenVINO is not installed"
    return "" if machine.openvino_cpu else "OpenVINO has no CPU device here"


def _onnxruntime(machine: Machine, needs: Needs) -> str:
    del needs
    return "" if machine.version("onnxruntime") else "ONNX Runtime is not installed"


def _nothing(machine: Machine, needs: Needs) -> str:
    del machine, needs
    return ""


def _said(capability: tuple[int, int]) -> str:
    return f"{capability[0]}.{capability[1]}"


#: What may be chosen, first things first, and what speaks against it.
_FAULTS: Final[dict[tuple[RunnerKind, DeviceKind], Callable[[Machine, Needs], str]]] = {
    (RunnerKind.TENSORRT, "cuda"): _tensorrt,
    (RunnerKind.TENSORRT_RTX, "cuda"): _tensorrt_rtx,
    (RunnerKind.TORCH, "cuda"): _no_gpu,
    (RunnerKind.TORCH_COMPILE, "cuda"): _no_gpu,
    (RunnerKind.TORCH_GRAPHS, "cuda"): _no_gpu,
    (RunnerKind.OPENVINO, "cpu"): _openvino,
    (RunnerKind.ONNXRUNTIME, "cpu"): _onnxruntime,
    (RunnerKind.TORCH, "cpu"): _nothing,
    (RunnerKind.TORCH_COMPILE, "cpu"): _nothing,
}
#: Never chosen unasked: what they gain depends on the network, and they take minutes to start.
_ASKED_FOR: Final = frozenset({RunnerKind.TORCH_COMPILE, RunnerKind.TORCH_GRAPHS})

"""Which library computes a checkpoint's networks on this machine, and why."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal

from services.common.errors import ModelUnavailable
from services.generate.engine.backend import RTX_CAPABILITIES, check_version
from services.generate.engine.machine import Machine
from services.generate.engine.spec import Backend


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


@dataclass(frozen=True)
class Needs:
    """What a checkpoint asks of a machine.

    Args:
        weights_bytes: Of all its networks, in the type that a GPU would have them in.
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


def choose(
    machine: Machine,
    needs: Needs,
    wanted: RunnerKind | Literal["auto"] = "auto",
    device: DeviceKind | Literal["auto"] = "auto",
) -> Choice:
    """The first that will do, or the one that the operator wants.

    Args:
        machine: What there is.
        needs: The checkpoint's.
        wanted: The setting `generate.diffusion.runner`.
        device: The setting `generate.diffusion.device`.

    Raises:
        ModelUnavailable: What the operator wants can't be had here; the message says why.
    """
    passed_over: list[tuple[RunnerKind, str]] = []
    for kind, place in _candidates(wanted, device):
        fault = _FAULTS[kind, place](machine, needs)
        if not fault:
            return Choice(kind, place, _reason(machine, kind, place, wanted, passed_over), tuple(passed_over))
        passed_over.append((kind, fault))
    faults = "; ".join(dict.fromkeys(fault for _, fault in passed_over)) or f"it does not run on {device}"
    raise ModelUnavailable(
        f"generate.diffusion.runner is {str(wanted)!r} and device {device!r}, which can't be had on this machine: "
        f"{faults}",
        field="generate.diffusion.runner",
    )


def _candidates(
    wanted: RunnerKind | Literal["auto"], device: DeviceKind | Literal["auto"]
) -> Iterator[tuple[RunnerKind, DeviceKind]]:
    for kind, place in _FAULTS:
        if device in {"auto", place} and (wanted == kind or (wanted == "auto" and kind not in _ASKED_FOR)):
            yield kind, place


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
    gpu = machine.gpu
    if gpu is not None and gpu.compute_capability < _LEAST_CAPABILITY:
        return f"TensorRT 11 wants compute capability 8.0 or later, {gpu.name} has {_said(gpu.compute_capability)}"
    return _no_gpu(machine, needs) or _wrong_version(machine, Backend.TENSORRT)


def _tensorrt_rtx(machine: Machine, needs: Needs) -> str:
    gpu = machine.gpu
    if gpu is not None and _said(gpu.compute_capability) not in RTX_CAPABILITIES:
        known = ", ".join(RTX_CAPABILITIES)
        return f"TensorRT-RTX is built for compute capability {known}, {gpu.name} has {_said(gpu.compute_capability)}"
    return _no_gpu(machine, needs) or _wrong_version(machine, Backend.TENSORRT_RTX)


def _wrong_version(machine: Machine, backend: Backend) -> str:
    version = machine.version(backend)
    if not version:
        return f"{backend} is not installed"
    try:
        check_version(backend, version)
    except ModelUnavailable as error:
        return error.message
    return ""


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

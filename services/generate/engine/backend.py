"""TensorRT and TensorRT-RTX: everything in which the two differ, and which versions are taken.

| | tensorrt | tensorrt_rtx |
| --- | --- | --- |
| versions | 11, without 11.3 | 1.7 on |
| builds | on the GPU that it will run on, by measuring | for named compute capabilities, without a GPU |
| runs on | that GPU | Ampere, Ada and Blackwell, compiling kernels at first use; not on Hopper |
| refit | yes | builds need a GPU |
"""

import importlib
import importlib.metadata
import platform
import re
from dataclasses import dataclass
from typing import Final, cast

from services.common.errors import InvalidInput, ModelUnavailable
from services.generate.engine.nvidia import BuilderConfig, Module
from services.generate.engine.spec import Backend, EngineSpec, Refit, Target

#: What TensorRT-RTX is built for here. It offers Turing (7.5) too, where builds pass and runs were seen to fail
#: (https://github.com/NVIDIA/TensorRT-RTX/issues/20), and has no Hopper (9.0), which is TensorRT's.
RTX_CAPABILITIES: Final = ("8.6", "8.9", "12.0")
#: Every builder flag that may be asked for. What sets types is gone since TensorRT 11, where the graph has them. An
#: engine that carries its own runtime is host code from a bucket, so there is none either.
FLAGS: Final = ("STRICT_NANS", "TF32")


@dataclass(frozen=True)
class Library:
    """One of the two, installed here.

    Args:
        backend: Which.
        module: The module.
    """

    backend: Backend
    module: Module

    @classmethod
    def open(cls, backend: Backend) -> "Library":
        """Import it.

        Raises:
            ModelUnavailable: It is not installed here, or of a version that is not taken.
        """
        try:
            module = importlib.import_module(backend.value)
        except (ImportError, OSError) as error:
            raise ModelUnavailable(
                f"{backend} is not installed here; docs/engines.md says how", backend=backend.value
            ) from error
        version = str(module.__version__)
        check_version(backend, version)
        return cls(backend, cast("Module", module))

    @property
    def version(self) -> str:
        """Its full version."""
        return self.module.__version__

    def select_devices(self, config: BuilderConfig, target: Target) -> None:
        """Say which GPUs to build for."""
        if self.backend == Backend.TENSORRT:
            return  # it builds for the GPU at hand
        config.num_compute_capabilities = len(target.compute_capabilities)
        for index, capability in enumerate(target.compute_capabilities):
            name = "SM" + capability.replace(".", "")
            config.set_compute_capability(getattr(self.module.ComputeCapability, name), index)


def check_version(backend: Backend, version: str) -> None:
    """Refuse what is not known to work.

    Raises:
        ModelUnavailable: The version is not taken; the message says why.
    """
    found = re.match(r"(\d+)\.(\d+)", version)
    major, minor = (int(found[1]), int(found[2])) if found else (0, 0)
    if backend == Backend.TENSORRT_RTX:
        if (major, minor) < (1, 7):
            raise ModelUnavailable(f"tensorrt_rtx {version} is installed; wanted is 1.7 or later", got=version)
        return
    if major != 11:
        raise ModelUnavailable(f"tensorrt {version} is installed; wanted is 11", got=version)
    if minor == 3:
        # "Refittable engines may have incorrect numerical results":
        # https://docs.nvidia.com/deeplearning/tensorrt/11.3.0/inference-library/refitting-engines.html
        raise ModelUnavailable(f"tensorrt {version} may drop a bias in engines that can be refitted; take another 11")


def check_buildable(spec: EngineSpec, *, has_gpu: bool) -> None:
    """Refuse what can't be built on this machine.

    Args:
        spec: What is wanted.
        has_gpu: Whether there is a GPU here.

    Raises:
        InvalidInput: A builder flag is not offered, or a GPU is needed.
    """
    unknown = sorted(set(spec.options.flags) - set(FLAGS))
    if unknown:
        raise InvalidInput(
            f"builder flags {', '.join(unknown)} are not offered; wanted are some of {', '.join(FLAGS)} (types are the "
            "graph's own)",
            field="flags", got=unknown,
        )  # fmt: skip
    if spec.target.backend == Backend.TENSORRT and not has_gpu:
        raise InvalidInput("engines of tensorrt are built on the GPU that they run on; there is none here")
    if spec.refit != Refit.NONE and not has_gpu:
        raise InvalidInput(
            "engines that can be refitted are built on a GPU; without one, take adapters as inputs", field="refit"
        )


def rtx_target(library: Library, capabilities: tuple[str, ...] = RTX_CAPABILITIES) -> Target:
    """What TensorRT-RTX builds for on any machine.

    Raises:
        InvalidInput: It is not built for one of these here.
    """
    unknown = [capability for capability in capabilities if capability not in RTX_CAPABILITIES]
    if unknown:
        raise InvalidInput(
            f"tensorrt_rtx builds nothing for compute capability {unknown[0]}; wanted is one of "
            f"{', '.join(RTX_CAPABILITIES)}",
            field="compute_capabilities", got=unknown[0],
        )  # fmt: skip
    return Target(
        Backend.TENSORRT_RTX, library.version, _wheel_cuda(Backend.TENSORRT_RTX), capabilities, "", platform_name()
    )


def gpu_target(library: Library, gpu: str, compute_capability: str) -> Target:
    """What TensorRT builds for on this machine's GPU."""
    return Target(
        Backend.TENSORRT, library.version, _wheel_cuda(Backend.TENSORRT), (compute_capability,), gpu, platform_name()
    )


def platform_name() -> str:
    """Operating system and processor: "linux-x86_64"."""
    return f"{platform.system().lower()}-{platform.machine().lower()}"


def _wheel_cuda(backend: Backend) -> str:
    """The CUDA that the installed wheel is made for, as in its name: "13"; empty where it came another way."""
    names = (str(found.metadata["Name"]).lower().replace("-", "_") for found in importlib.metadata.distributions())
    made_for = re.compile(rf"{backend.value}_cu(\d+)")
    return max((match[1] for name in names if (match := made_for.fullmatch(name))), default="")

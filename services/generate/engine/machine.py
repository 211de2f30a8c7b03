"""What this machine has for computing networks, found out without loading more than it takes."""

import shutil
import subprocess
from dataclasses import dataclass
from importlib import metadata, util
from typing import Final, Self

import torch

from services.common.errors import ModelUnavailable
from services.generate.engine.runners.openvino import computes_bfloat16

#: Modules that may compute networks.
LIBRARIES: Final = ("tensorrt", "tensorrt_rtx", "torch", "openvino", "onnxruntime")
_QUERY: Final = "name,compute_cap,driver_version,memory.free"
_TIMEOUT_S: Final = 10


@dataclass(frozen=True)
class Gpu:
    """An NVIDIA GPU.

    Args:
        name: As the driver says it.
        compute_capability: Major and minor: (8, 9).
        driver: Its version.
        free_bytes: Memory that nobody holds.
    """

    name: str
    compute_capability: tuple[int, int]
    driver: str
    free_bytes: int


@dataclass(frozen=True)
class Machine:
    """GPU, processor and libraries.

    Args:
        gpu: The first; None = none was found.
        versions: Of the libraries that are installed, by module.
        torch_cuda: Whether torch computes on the GPU.
        openvino_cpu: Whether OpenVINO computes on the processor.
        bfloat16: Whether the processor has instructions for bfloat16.
    """

    gpu: Gpu | None = None
    versions: dict[str, str] | None = None
    torch_cuda: bool = False
    openvino_cpu: bool = False
    bfloat16: bool = False

    @classmethod
    def probe(cls) -> Self:
        """Look."""
        try:
            bfloat16, openvino_cpu = computes_bfloat16(), True
        except ModelUnavailable:
            bfloat16, openvino_cpu = False, False
        return cls(_gpu(), _versions(), torch.cuda.is_available(), openvino_cpu, bfloat16)

    def version(self, library: str) -> str:
        """The library's version; empty = not installed."""
        return (self.versions or {}).get(library, "")


def parse_gpu(line: str) -> Gpu:
    """A line of nvidia-smi: name, compute capability, driver, free memory in MiB.

    Raises:
        ValueError: It is no such line.
    """
    name, capability, driver, free_mib = (field.strip() for field in line.split(","))
    major, minor = capability.split(".")
    return Gpu(name, (int(major), int(minor)), driver, int(free_mib) << 20)


def _gpu() -> Gpu | None:
    """The first GPU, by NVIDIA's own tool, which comes with every driver and needs no library that fits it."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return None
    try:
        answer = subprocess.run(  # noqa: S603 - fixed words
            [tool, f"--query-gpu={_QUERY}", "--format=csv,noheader,nounits"],
            capture_output=True, text=True, timeout=_TIMEOUT_S, check=True,
        )  # fmt: skip
        return parse_gpu(answer.stdout.splitlines()[0])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None


def _versions() -> dict[str, str]:
    packages = metadata.packages_distributions()
    return {
        name: metadata.version(packages[name][0])
        for name in LIBRARIES
        if name in packages and util.find_spec(name) is not None
    }

"""What computes the network: torch on a GPU, OpenVINO on a CPU."""

import threading
from pathlib import Path
from typing import Final, Literal, Protocol

import numpy as np
import openvino
import torch
from filelock import FileLock
from numpy.typing import NDArray

from services.common.errors import Overloaded
from services.generate.diffusion.device import is_out_of_memory
from services.generate.engine.runners.openvino import OpenVinoNetwork, Precision
from services.generate.upscale.in_openvino import ENLARGED, IMAGE, openvino_model
from services.generate.upscale.in_torch import TorchNetwork
from services.generate.upscale.network import UpscalingNetwork

_PRECISIONS: Final[dict[str, Precision]] = {"float32": "f32", "bfloat16": "bf16"}


class Computing(Protocol):
    """A network at work; may be called from several threads, which take turns, so that memory holds one tile."""

    @property
    def name(self) -> str:
        """Library and precision, for logs."""

    def __call__(self, planes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Enlarge (1, 3, h, w) float32 in [0, 1] sRGB.

        Raises:
            Overloaded: There is no memory for it now.
            Internal: The library failed.
        """


class OnGpu:
    """The network on a GPU, by torch.

    Args:
        network: What is computed.
        dtype: What it computes in.
        device: The GPU, as torch names it.
    """

    def __init__(self, network: UpscalingNetwork, dtype: torch.dtype, device: str = "cuda") -> None:
        self.name = f"torch-{str(dtype).removeprefix('torch.')}"
        self._network = TorchNetwork(network).to(device, dtype)
        self._dtype = dtype
        self._device = device
        self._turn = threading.Lock()

    def __call__(self, planes: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `Computing`."""
        with self._turn, torch.inference_mode():
            try:
                given = torch.from_numpy(planes).to(self._device, self._dtype)
                return np.asarray(self._network(given).float().cpu().numpy(), np.float32)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                raise Overloaded("there is no memory for enlarging the background now; try again later") from None


class OnCpu:
    """The network on a CPU, by OpenVINO.

    Args:
        network: What is computed.
        digest: Of the network, under which what OpenVINO makes of it is kept.
        threads: Compute threads.
        work_dir: Where it is kept.
        precision: As `generate.diffusion.precision` has it; OpenVINO has no float16 on CPUs.
    """

    def __init__(
        self,
        network: UpscalingNetwork,
        digest: str,
        threads: int,
        work_dir: Path,
        precision: Literal["auto", "float32", "bfloat16", "float16"] = "auto",
    ) -> None:
        path = work_dir / f"{digest[:16]}-{openvino.__version__.split('-')[0]}.xml"
        with FileLock(path.with_suffix(".lock")):
            if not path.exists():
                _convert(network, path)
        self._network = OpenVinoNetwork(path, threads, work_dir, _PRECISIONS.get(precision, "auto"))
        self.name = self._network.name

    def __call__(self, planes: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `Computing`."""
        return np.asarray(self._network.infer({IMAGE: planes})[ENLARGED], np.float32)


def _convert(network: UpscalingNetwork, path: Path) -> None:
    """Write the network as OpenVINO reads it."""
    # The file that is looked for comes last.
    made = path.with_name(f"new-{path.name}")
    openvino.save_model(openvino_model(network), made, compress_to_fp16=False)
    made.with_suffix(".bin").replace(path.with_suffix(".bin"))
    made.replace(path)

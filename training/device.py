"""Where training runs: a GPU or a CPU, both computing in bfloat16 over float32 weights."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import Tensor


@dataclass(frozen=True)
class Device:
    """A place for tensors.

    Args:
        torch_device: See torch.
        half: Compute in bfloat16.
    """

    torch_device: torch.device
    half: bool = True

    @classmethod
    def find(cls, threads: int) -> Self:
        """A GPU if there is one, else the CPU with that many threads."""
        torch.set_num_threads(threads)
        return cls(torch.device("cuda" if torch.cuda.is_available() else "cpu"))

    def put(self, tensor: Tensor) -> Tensor:
        """A batch of pictures or latents, (B, C, H, W), as convolutions there read it fastest."""
        return tensor.to(self.torch_device, memory_format=torch.channels_last, non_blocking=True)

    def move(self, network: Any) -> Any:
        """A network, its convolutions' weights in the order of `put`."""
        return network.to(self.torch_device, memory_format=torch.channels_last)

    def autocast(self) -> AbstractContextManager[None]:
        """Matrix work inside is done in bfloat16."""
        return torch.autocast(self.torch_device.type, torch.bfloat16, enabled=self.half)

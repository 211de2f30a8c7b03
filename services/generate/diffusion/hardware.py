"""Where networks run and in which number type."""

import os
import platform
from dataclasses import dataclass
from typing import Final, Literal, Self

import torch

from services.common.errors import ModelUnavailable

DTYPES: Final = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True)
class Hardware:
    """A device as torch names it.

    Args:
        device: "cpu" or "cuda".
        dtype: Of the networks.
        name: What machine and type this is; what was measured on one holds for no other.
    """

    device: str
    dtype: torch.dtype
    name: str

    @classmethod
    def find(
        cls,
        device: Literal["auto", "cpu", "cuda"] = "auto",
        precision: Literal["auto", "float32", "bfloat16", "float16"] = "auto",
    ) -> Self:
        """What the settings ask for; a GPU and half precision on it where they leave it open, float32 on a CPU.

        Raises:
            ModelUnavailable: A GPU is asked for where torch sees none.
        """
        seen = torch.cuda.is_available()
        if device == "cuda" and not seen:
            raise ModelUnavailable("generate.diffusion.device is 'cuda', and torch sees no GPU here")
        device = ("cuda" if seen else "cpu") if device == "auto" else device
        if precision == "auto":
            precision = "float16" if device == "cuda" else "float32"
        if device == "cuda":
            machine = torch.cuda.get_device_name()
        else:
            machine = f"{platform.machine()} with {os.cpu_count()} CPUs"
        return cls(device, DTYPES[precision], f"{machine}, {precision}")

"""Inputs drawn from a seed, like those of real calls: the same on every machine."""

from typing import Final

import torch
from torch import Tensor

from services.generate.engine.interface import RANK, Interface, Shapes, TensorSpec

#: Every vocabulary of byte pairs knows at least as many tokens.
_TOKENS: Final = 256
#: Diffusion's first timestep, and SDXL's sizes in pixels.
_LARGEST: Final = {"timestep": 999.0, "time_ids": 1024.0}
#: Adapters change a network by a little; factors as large as activations would drown it.
_FACTORS: Final = 0.1


def draw_inputs(interface: Interface, shapes: Shapes, seed: int) -> dict[str, Tensor]:
    """All inputs, on the CPU.

    Args:
        interface: What they are.
        shapes: Of each.
        seed: Of the draw.
    """
    generator = torch.Generator().manual_seed(seed)
    return {spec.name: _draw(spec, shapes[spec.name], generator) for spec in interface.inputs}


def _draw(spec: TensorSpec, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    dtype: torch.dtype = getattr(torch, spec.dtype)
    if not dtype.is_floating_point:
        return torch.randint(_TOKENS, shape, generator=generator, dtype=dtype)
    if spec.name in _LARGEST:
        return (torch.rand(shape, generator=generator) * _LARGEST[spec.name]).to(dtype)
    return (torch.randn(shape, generator=generator) * (_FACTORS if RANK in spec.dims else 1)).to(dtype)

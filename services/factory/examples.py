"""Pictures as the denoiser is shown them, encoded once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from services.factory.schema import TrainingPicture
from services.generate.diffusion.latents import LatentCoder
from services.generate.diffusion.networks import Networks
from services.generate.diffusion.text import TextEncoder
from services.generate.engine.runners.eager import torch_runners
from services.generate.engine.styled import styled_runners

#: Parts that are held, of each picture: an inpainting network learns to draw around something.
_VIEWS: Final = 4
#: Of such a part's sides, by the picture's.
_LEAST, _MOST = 0.2, 0.6


@dataclass(frozen=True, eq=False)
class Example:
    """One picture with a part that is held; each (1, …).

    Args:
        latents: (1, 4, h, w) of the picture.
        text: (1, T, D) of its caption.
        pooled: (1, P) of it; None for checkpoints with one text encoder.
        mask: (1, 1, h, w), 1 = to be drawn.
        masked: (1, 4, h, w) of what is held.
        size_hw: In pixels.
    """

    latents: Tensor
    text: Tensor
    pooled: Tensor | None
    mask: Tensor
    masked: Tensor
    size_hw: tuple[int, int]


class ExampleMaker:
    """Encodes pictures.

    Args:
        networks: Of the checkpoint; trained weights are not in them yet.
        zero_negative: See `TextEncoder`.
    """

    def __init__(self, networks: Networks, *, zero_negative: bool) -> None:
        runners = torch_runners(networks)
        self._text = TextEncoder(networks, styled_runners(networks, runners), zero_negative=zero_negative)
        self._coder = LatentCoder(networks.vae, runners, networks.unet.dtype)
        self._device = networks.unet.device

    def examples(
        self, pictures: Sequence[TrainingPicture], seed: int, check: Callable[[], None] = lambda: None
    ) -> list[Example]:
        """Several of each picture, the same ones for a seed.

        Args:
            pictures: Of the training.
            seed: Of the training.
            check: Asked before each example; what it raises ends the work.

        Raises:
            InvalidInput: A caption has too many tokens.
        """
        generator = torch.Generator().manual_seed(seed)
        found = []
        for picture in pictures:
            for _ in range(_VIEWS):
                check()
                found.append(self._example(picture, generator))
        return found

    def _example(self, picture: TrainingPicture, generator: torch.Generator) -> Example:
        height, width = picture.image.shape[:2]
        drawn = ~_held(height, width, generator)
        text = self._text.encode(picture.caption)
        factor = self._coder.factor
        mask = torch.from_numpy(drawn[::factor, ::factor].copy())[None, None]
        # Copies, as what was made for inference has no gradients behind it.
        return Example(
            self._coder.encode(picture.image, generator).clone(),
            text.embeds.clone(),
            None if text.pooled is None else text.pooled.clone(),
            mask.to(self._device, text.embeds.dtype),
            self._coder.encode(picture.image, generator, ~drawn).clone(),
            (height, width),
        )


def _held(height: int, width: int, generator: torch.Generator) -> NDArray[np.bool_]:
    """A rectangle anywhere in the picture, (H, W) bool."""
    share, place = torch.rand(2, generator=generator), torch.rand(2, generator=generator)
    sides = [
        round(float(_LEAST + (_MOST - _LEAST) * each) * side) for each, side in zip(share, (height, width), strict=True)
    ]
    top, left = (
        int(float(each) * (side - held)) for each, side, held in zip(place, (height, width), sides, strict=True)
    )
    held = np.zeros((height, width), np.bool_)
    held[top : top + sides[0], left : left + sides[1]] = True
    return held

"""Drawn photos: a garment before a backdrop, with everything about it known."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from services.evaluation.truth.backdrop import BACKDROPS
from services.evaluation.truth.garment import Garment
from services.evaluation.truth.photo import Blend, developed, mixed, worn

Array = NDArray[np.float32]
RGB = tuple[float, float, float]

#: Strap widths go through these, so that any number of scenes in a row shows thin and wide ones.
WIDTHS: Final = (3.0, 4.5, 7.5, 3.7, 12.0, 5.6, 9.3, 6.4)
SIDES: Final = (512, 640, 768, 1024)
#: Cloth and backdrop, sRGB: merchants' usual colours, at least 25 deltaE2000 from each other.
PAIRS: Final[tuple[tuple[RGB, RGB], ...]] = (
    ((0.72, 0.12, 0.13), (0.86, 0.85, 0.83)),
    ((0.10, 0.11, 0.14), (0.80, 0.80, 0.82)),
    ((0.13, 0.30, 0.56), (0.88, 0.84, 0.78)),
    ((0.93, 0.90, 0.84), (0.42, 0.45, 0.48)),
    ((0.20, 0.42, 0.25), (0.90, 0.89, 0.88)),
    ((0.85, 0.62, 0.20), (0.35, 0.38, 0.47)),
    ((0.55, 0.36, 0.28), (0.93, 0.93, 0.93)),
)
#: What photos are taken before. Bricks are a generator's.
PHOTO_BACKDROPS: Final = ("studio", "gradient", "studio", "octaves")
#: Clouds behind a photographed product: a wall of plaster, not a storm.
_QUIET: Final = 0.25

NOISE_SIGMA: Final = 4.0
JPEG_QUALITY: Final = 80


@dataclass(frozen=True)
class Scene:
    """One drawn photo.

    Args:
        name: Says what it shows.
        garment: The product.
        alpha: (H, W) float32, its true coverage.
        foreground, background: (H, W, 3) float32 linear, the true colours of both, told everywhere.
        photo: (H, W, 3) uint8 sRGB.
        seed: It was drawn from.
    """

    name: str
    garment: Garment
    alpha: Array
    foreground: Array
    background: Array
    photo: NDArray[np.uint8]
    seed: int

    @classmethod
    def drawn(cls, number: int, blend: Blend = Blend.LIGHT, damaged: bool = False, side_px: int = 0) -> Self:
        """The scene of that number: the same every time.

        Args:
            number: From 0; goes through widths, colours, sizes and backdrops.
            blend: How the edge mixes.
            damaged: With noise and JPEG.
            side_px: The picture's side; 0 = by the number.
        """
        side = side_px or SIDES[number % len(SIDES)]
        cloth, behind = PAIRS[number % len(PAIRS)]
        widths = WIDTHS[number % len(WIDTHS)], WIDTHS[(number * 3 + 2) % len(WIDTHS)]
        garment = Garment.drawn(side, widths, cloth, seed=1000 + number)
        kind = PHOTO_BACKDROPS[number % len(PHOTO_BACKDROPS)]
        background = BACKDROPS[kind](garment.size_hw, behind, 2000 + number)
        if kind == "octaves":
            background = background.mean(axis=(0, 1)) + np.float32(_QUIET) * (background - background.mean(axis=(0, 1)))
        alpha, foreground = garment.alpha(), garment.colors()
        photo = developed(mixed(alpha, foreground, background, blend))
        if damaged:
            photo = worn(photo, NOISE_SIGMA, JPEG_QUALITY, seed=3000 + number)
        name = f"{number}: straps {widths[0]:g} and {widths[1]:g} px, {side} px, {kind}"
        return cls(name, garment, alpha, foreground, np.asarray(background, np.float32), photo, number)

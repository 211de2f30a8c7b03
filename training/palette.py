"""The name of a picture's prevailing colour."""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

#: Below this CIELAB chroma a colour is a grey, below the second one a tint of it.
_GREY: Final = 5.0
_TINT: Final = 14.0
#: CIELAB hue angles up to which a strong colour has a name.
_HUES: Final = (
    (20.0, "pink"), (50.0, "terracotta"), (75.0, "orange"), (100.0, "orange"), (170.0, "green"), (300.0, "blue"),
    (330.0, "violet"), (360.0, "pink"),
)  # fmt: skip


def name_palette(image: NDArray[np.uint8]) -> str:
    """A key of `vocabulary.PALETTES` for the mean colour.

    Args:
        image: (H, W, 3) uint8 sRGB.
    """
    small = cv2.resize(image, (16, 16), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    lightness, a, b = (float(part) for part in cv2.cvtColor(small, cv2.COLOR_RGB2LAB).mean(axis=(0, 1)))
    chroma, hue = math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360
    if lightness < 16:
        return "black"
    if chroma < _GREY:
        return _grey(lightness, warm=b > 2)
    if 50 <= hue < 110:
        return _brown(lightness, chroma)
    if chroma < _TINT and lightness > 50:
        return _tinted(hue)
    return next(name for limit, name in _HUES if hue < limit)


def _grey(lightness: float, *, warm: bool) -> str:
    if lightness > 93:
        return "white"
    if lightness > 76:
        return "warm white" if warm else "pale grey"
    return "warm grey" if warm else "grey"


def _brown(lightness: float, chroma: float) -> str:
    """Yellow hues are wood, sand and gold, by how light and how strong they are."""
    if chroma < _TINT:
        return "warm white" if lightness > 82 else "cream" if lightness > 68 else "warm grey"
    if lightness < 32:
        return "amber"
    if lightness > 66 and chroma < 30:
        return "cream"
    return "orange" if chroma > 42 else "brown"


def _tinted(hue: float) -> str:
    if 110 <= hue < 190:
        return "sage"
    return "pale blue" if 190 <= hue < 290 else "violet" if 290 <= hue < 330 else "pink"

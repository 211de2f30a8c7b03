"""The colour that a product is known by."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.postprocess.cover.contrast import RGB

#: CIELAB chroma below which a colour is a grey, and the share of the product that has to show the hue.
_LEAST_CHROMA: Final = 28.0
_LEAST_SHARE: Final = 0.1
_HUES: Final = 24
_SAMPLES: Final = 40_000
#: How far the lightness may be moved so that letters of the colour can be read, in CIELAB's units.
_SHADES: Final = (0.0, -8.0, -16.0, -24.0, 8.0, 16.0, 24.0)


def accents(color: NDArray[np.uint8], core: NDArray[np.bool_]) -> tuple[RGB, ...]:
    """The hue that most of a product's colour has, in several shades, its own first; nothing of a grey product.

    Args:
        color: (H, W, 3) uint8 sRGB.
        core: (H, W) bool, where that is the product.
    """
    pixels = color[core]
    pixels = pixels[:: max(1, len(pixels) // _SAMPLES)]
    if not len(pixels):
        return ()
    lab = cv2.cvtColor(pixels[None].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0]
    chroma = np.hypot(lab[:, 1], lab[:, 2])
    colorful = chroma >= _LEAST_CHROMA
    hue = np.floor(np.arctan2(lab[:, 2], lab[:, 1]) / (2 * np.pi) * _HUES).astype(np.int64) % _HUES
    weight = np.bincount(hue[colorful], chroma[colorful], minlength=_HUES)
    peak = int((weight + np.roll(weight, 1) + np.roll(weight, -1)).argmax())
    near = colorful & (np.abs((hue - peak + _HUES // 2) % _HUES - _HUES // 2) <= 1)
    if near.mean() < _LEAST_SHARE:
        return ()
    own = np.median(lab[near], axis=0)
    return tuple(_shade(own, by) for by in _SHADES)


def _shade(lab: NDArray[np.float32], by: float) -> RGB:
    moved = np.array([[[np.clip(lab[0] + by, 0, 100), lab[1], lab[2]]]], np.float32)
    red, green, blue = np.round(np.clip(cv2.cvtColor(moved, cv2.COLOR_LAB2RGB)[0, 0], 0, 1) * 255).astype(int)
    return int(red), int(green), int(blue)

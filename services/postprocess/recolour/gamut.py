"""Colours that sRGB does not have, brought into it by less chroma.

Lightness and hue stay, as CSS Color 4 asks for (https://www.w3.org/TR/css-color-4/#gamut-mapping): a channel that is
clipped would turn the hue and flatten the folds. Unlike the specification's sample code nothing is clipped within a
just noticeable difference either, which along a smooth fold would leave a seam.
"""

from typing import Final

import numpy as np

from services.postprocess.recolour.oklab import Array, from_oklab, to_oklab

#: Less than a step of sRGB's bytes, from the darkest on: so far beyond counts as within.
_TOLERANCE: Final = np.float32(1e-4)
#: Halvings of the span that is searched for the most chroma.
_STEPS: Final = 14


def into_gamut(linear: Array) -> Array:
    """The same colours with as much of their chroma as sRGB has.

    Args:
        linear: (..., 3) float32 linear sRGB, also beyond 0 to 1.

    Returns:
        The same shape, 0 to 1; what was within is the same number. What is lighter than white is white.
    """
    result = np.array(linear, np.float32)
    outside = ~_within(result)
    if outside.any():
        result[outside] = _reduced(result[outside])
    return np.clip(result, 0, 1)


def _reduced(linear: Array) -> Array:
    lab = to_oklab(linear)
    lab[:, 0] = np.clip(lab[:, 0], 0, 1)
    chroma = lab[:, 1:].copy()
    low, high = np.zeros(len(lab), np.float32), np.ones(len(lab), np.float32)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        lab[:, 1:] = chroma * middle[:, None]
        fits = _within(from_oklab(lab))
        low, high = np.where(fits, middle, low), np.where(fits, high, middle)
    lab[:, 1:] = chroma * low[:, None]
    return from_oklab(lab)


def _within(linear: Array) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    return np.asarray(((linear >= -_TOLERANCE) & (linear <= 1 + _TOLERANCE)).all(axis=-1))

"""Colour difference inside the product: CIEDE2000 (Sharma, Wu and Dalal, 2005), D65 white."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab

#: Side of the window whose mean is a spot: what an eye takes in at once, and more than one pixel's rounding.
_SPOT_PX: Final = 7


@dataclass(frozen=True)
class ColorDifference:
    """Differences over all pixels inside, in units of CIEDE2000.

    Args:
        mean, p95: Over the pixels.
        spot: The largest mean of a window of 7 x 7 pixels.
        spot_yx: Its middle, in pixels of the arrays.
        values: (H, W) float32, 0 outside.
    """

    mean: float
    p95: float
    spot: float
    spot_yx: tuple[int, int]
    values: NDArray[np.float32]


def color_difference(
    picture: NDArray[np.uint8], expected: NDArray[np.uint8], inside: NDArray[np.bool_]
) -> ColorDifference | None:
    """How far the product's colours moved; None for an empty inside.

    Args:
        picture, expected: (H, W, 3) uint8 sRGB.
        inside: (H, W) bool, where to look: where the product covers the pixel wholly.
    """
    if not inside.any():
        return None
    values = np.zeros(inside.shape, np.float32)
    # Equal bytes have no difference, and the formula is slow.
    changed = inside & (picture != expected).any(axis=-1)
    if changed.any():
        values[changed] = _delta_e(picture[changed], expected[changed])
    spots = _local_mean(values, inside)
    worst = np.unravel_index(np.argmax(spots), spots.shape)
    found = values[inside]
    return ColorDifference(
        mean=float(found.mean()),
        p95=float(np.percentile(found, 95)),
        spot=float(spots[worst]),
        spot_yx=(int(worst[0]), int(worst[1])),
        values=values,
    )


def _delta_e(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(N,) for two (N, 3) uint8 sRGB; every pair of colours is worked out once."""
    both = np.concatenate([first, second], axis=1).astype(np.uint64)
    keys = (both << (np.arange(6, dtype=np.uint64) * np.uint64(8))).sum(axis=1)
    pairs, back = np.unique(keys, return_inverse=True)
    bytes_ = ((pairs[:, None] >> (np.arange(6, dtype=np.uint64) * np.uint64(8))) & np.uint64(255)).astype(np.uint8)
    lab = rgb2lab(bytes_.reshape(-1, 2, 3))
    found = deltaE_ciede2000(lab[:, 0], lab[:, 1])  # type: ignore[no-untyped-call] # scikit-image has no types
    return np.asarray(found, np.float32)[back]


def _local_mean(values: NDArray[np.float32], inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Means over the windows' part inside; where that is less than half, as if the rest of the half were unchanged."""
    size = (_SPOT_PX, _SPOT_PX)
    total = cv2.boxFilter(values, -1, size, borderType=cv2.BORDER_CONSTANT)
    share = cv2.boxFilter(inside.astype(np.float32), -1, size, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(np.where(inside, total / np.maximum(share, 0.5), -1), np.float32)

"""Structural similarity inside the product (Wang et al., 2004): 7 x 7 windows on luma, nothing from outside in them."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

_WINDOW_PX: Final = 7
_C1: Final = (0.01 * 255) ** 2
_C2: Final = (0.03 * 255) ** 2
#: Windows with fewer pixels inside say nothing.
_LEAST_PIXELS: Final = 12


@dataclass(frozen=True)
class Structure:
    """Similarity, 1 = the same.

    Args:
        mean: Over all windows whose middle lies inside.
        p5: Below this lie 5 % of the windows.
        worst: The least similar window.
        worst_yx: Its middle, in pixels of the arrays.
        values: (H, W) float32, 1 outside.
    """

    mean: float
    p5: float
    worst: float
    worst_yx: tuple[int, int]
    values: NDArray[np.float32]


def structure(picture: NDArray[np.uint8], expected: NDArray[np.uint8], inside: NDArray[np.bool_]) -> Structure | None:
    """How alike two pictures of one product are; None where no window holds enough of it.

    Means and variances are taken over the pixels inside alone, so a changed background can't lower the figure and thin
    parts count too.

    Args:
        picture, expected: (H, W, 3) uint8 sRGB.
        inside: (H, W) bool, where the product covers the pixel wholly.
    """
    weight = inside.astype(np.float32)
    count = _sum(weight)
    measured = inside & (count >= _LEAST_PIXELS)
    if not measured.any():
        return None
    values = np.where(measured, _similarity(_luma(picture), _luma(expected), weight, count), 1).astype(np.float32)
    worst = np.unravel_index(np.argmin(values), values.shape)
    found = values[measured]
    return Structure(
        mean=float(found.mean()),
        p5=float(np.percentile(found, 5)),
        worst=float(values[worst]),
        worst_yx=(int(worst[0]), int(worst[1])),
        values=values,
    )


def _luma(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.float32)


def _similarity(
    first: NDArray[np.float32], second: NDArray[np.float32], weight: NDArray[np.float32], count: NDArray[np.float32]
) -> NDArray[np.float32]:
    safe = np.maximum(count, np.float32(1))

    def mean(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(_sum(values * weight) / safe, np.float32)

    mean_first, mean_second = mean(first), mean(second)
    # Sample variances, as in the paper's own code and scikit-image.
    unbiased = safe / np.maximum(safe - 1, 1)
    variances = (mean(first * first) - mean_first**2 + mean(second * second) - mean_second**2) * unbiased
    covariance = (mean(first * second) - mean_first * mean_second) * unbiased
    likeness = (2 * mean_first * mean_second + _C1) * (2 * covariance + _C2)
    return np.asarray(likeness / ((mean_first**2 + mean_second**2 + _C1) * (variances + _C2)), np.float32)


def _sum(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sums over windows, with nothing outside the array."""
    size = (_WINDOW_PX, _WINDOW_PX)
    summed = cv2.boxFilter(values, -1, size, normalize=False, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(summed, np.float32)

"""The fast guided filter: a mask takes over the edges of a picture.

He & Sun, "Fast Guided Filter", 2015 (arXiv 1505.00996), with a colour guide as in He, Sun & Tang, "Guided Image
Filtering", TPAMI 2013, equations 19 to 21.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


def guided_filter(guide: Array, source: Array, radius: int, epsilon: float, subsample: int = 1) -> Array:
    """Filter so that, in every window, the result is a linear function of the guide's colour.

    Args:
        guide: (H, W, 3) float32 in [0, 1].
        source: (H, W) float32, what is filtered.
        radius: Half the window's side, in pixels.
        epsilon: Variance of the guide below which it counts as flat.
        subsample: Solve on a grid coarser by this factor; the result's edges stay those of the full guide.

    Returns:
        (H, W) float32.
    """
    height, width = source.shape
    small = (max(1, width // subsample), max(1, height // subsample))
    fields = _solve(
        _as_array(cv2.resize(guide, small, interpolation=cv2.INTER_AREA)),
        _as_array(cv2.resize(source, small, interpolation=cv2.INTER_AREA)),
        max(1, round(radius / subsample)),
        epsilon,
    )
    slope, offset = (cv2.resize(field, (width, height), interpolation=cv2.INTER_LINEAR) for field in fields)
    return _as_array(np.einsum("hwc,hwc->hw", slope, guide) + offset)


def _solve(guide: Array, source: Array, radius: int, epsilon: float) -> tuple[Array, Array]:
    """Slope (H, W, 3) and offset (H, W) of each window's linear function, averaged over the windows of a pixel."""

    def mean(values: Array) -> Array:
        side = 2 * radius + 1
        return _as_array(cv2.blur(values, (side, side), borderType=cv2.BORDER_REFLECT_101))

    guide_mean, source_mean = mean(guide), mean(source)
    covariance = mean(_as_array(guide * source[..., None])) - guide_mean * source_mean[..., None]
    pairs = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
    rr, rg, rb, gg, gb, bb = (
        mean(_as_array(guide[..., i] * guide[..., j]))
        - guide_mean[..., i] * guide_mean[..., j]
        + (epsilon if i == j else 0)
        for i, j in pairs
    )
    # The inverse of a symmetric 3 x 3 matrix, by cofactors: much faster here than one LAPACK call per pixel.
    cofactors = {
        (0, 0): gg * bb - gb * gb,
        (0, 1): gb * rb - rg * bb,
        (0, 2): rg * gb - gg * rb,
        (1, 1): rr * bb - rb * rb,
        (1, 2): rb * rg - rr * gb,
        (2, 2): rr * gg - rg * rg,
    }
    determinant = rr * cofactors[0, 0] + rg * cofactors[0, 1] + rb * cofactors[0, 2]
    slope = np.stack(
        [sum(cofactors[min(i, j), max(i, j)] * covariance[..., j] for j in range(3)) / determinant for i in range(3)],
        axis=-1,
    )
    offset = source_mean - np.einsum("hwc,hwc->hw", slope, guide_mean)
    return mean(_as_array(slope)), mean(_as_array(offset))


def _as_array(values: NDArray[Any]) -> Array:
    return np.asarray(values, dtype=np.float32)

"""How much wider than the product a generator drew it, measured from the picture alone.

Beyond the product's edge every pixel is placed on the line between the local background and the product's colour as
the generator drew it. The share of product found there, minus the product's own alpha, added up along the way
outwards, is how many pixels the drawing is too wide. It needs no second segmentation, and it sees nothing where product
and background have one colour, where nobody else does either.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

#: How far out growth is looked for.
REACH_PX: Final = 12
#: The background's own colour is taken between these distances from the product.
_AROUND_PX: Final = (14, 28)
_AROUND_SIGMA: Final = 9.0
_INSIDE_SIGMA: Final = 3.0
#: Contour is looked at in squares of this many pixels.
CELL_PX: Final = 12
#: Colours nearer to each other than this (of 255) tell nothing, nor do those that differ by less than this many times
#: what the background itself varies.
_LEAST_CONTRAST: Final = 16.0
_LEAST_SIGNAL: Final = 1.5
#: A drawn edge falls by at least this share of product within so many pixels, and nowhere else by half as much; a soft
#: light behind it does not.
_LEAST_DROP: Final = 0.35
_DROP_PX: Final = 3
#: Next to the contour a drawing that is too wide shows at least this much of the product.
_LEAST_SHARE: Final = 0.3
#: Less growth than this is not told from a softer edge.
_LEAST_GROWTH_PX: Final = 0.5
#: Pixels inside the contour that a profile across it begins with.
_INSIDE_PX: Final = 2
_BINS: Final = _INSIDE_PX + REACH_PX + _DROP_PX
#: A profile that misses more of its pixels than this is not read.
_LEAST_SEEN: Final = 0.5
#: An edge along less than this share of the contour is the background's own.
_LEAST_CONTOUR: Final = 0.15


@dataclass(frozen=True)
class Growth:
    """Growth along the contour.

    Args:
        px: (H, W) float32, pixels by which the drawing is wider at the nearest piece of contour or one beside it; the
            95th percentile where nothing can be told.
        p95_px: Over the contour that could be measured; 0 where none could.
        drawn: Whether an edge of the product is in the picture at all.
    """

    px: NDArray[np.float32]
    p95_px: float
    drawn: bool


def measure_growth(picture: NDArray[np.uint8], alpha: NDArray[np.float32]) -> Growth:
    """Measure how far a drawn product reaches beyond its alpha.

    Args:
        picture: (H, W, 3) uint8 sRGB, the product drawn into its background, with some 30 px around it.
        alpha: (H, W) float32, 0 to 1, where the product should be; it is somewhere above half.

    Returns:
        Growth up to `REACH_PX`.
    """
    solid = alpha > 0.5
    away, cells, grid = _contour(solid)
    share, seen = _product_share(picture.astype(np.float32), alpha, away)
    at = (away > -_INSIDE_PX) & (away <= _BINS - _INSIDE_PX)
    profile = _Profiles(cells[at], np.ceil(away[at]).astype(np.intp) + _INSIDE_PX - 1, grid[0] * grid[1])
    counted = profile.sums(seen[at].astype(np.float32))
    shares = profile.sums((np.clip(share, 0, 1) * seen)[at]) / np.maximum(counted, 1)
    alphas = profile.sums((alpha * seen)[at]) / np.maximum(counted, 1)
    length = profile.sums(np.ones(int(at.sum()), np.float32))[:, _INSIDE_PX]
    known = (length > 0) & (counted[:, _INSIDE_PX] >= _LEAST_SEEN * length)
    wide, edged = _read(shares, alphas)
    p95 = _weighted_p95(wide[known], length[known])
    least = max(_LEAST_SEEN * length[known].sum(), _LEAST_CONTOUR * length.sum())
    if length[known & edged].sum() < least:
        return Growth(np.zeros(alpha.shape, np.float32), 0.0, drawn=False)
    wide[(length > 0) & ~known] = p95
    around = cv2.dilate(wide.reshape(grid).astype(np.float32), np.ones((3, 3), np.uint8))
    return Growth(np.asarray(around.reshape(-1)[cells], np.float32), p95, drawn=True)


def weighted_mean(
    image: NDArray[np.float32], weight: NDArray[np.float32], sigma: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Gaussian mean of an image over weighted pixels alone (normalised convolution, Knutsson and Westin, 1993).

    Args:
        image: (H, W) or (H, W, C) float32.
        weight: (H, W) float32, 0 to 1.
        sigma: In pixels.

    Returns:
        The mean, of the image's shape, and (H, W) float32: how much weight was near; where it is 0 so is the mean.
    """
    wide = (slice(None), slice(None), *(None,) * (image.ndim - 2))
    shrink = max(1, int(sigma / 3))  # a wide blur has nothing that a coarser grid does not hold
    near = _blurred(weight, sigma, shrink)
    total = _blurred(image * weight[wide], sigma, shrink)
    mean = np.asarray(total / np.maximum(near, np.float32(1e-6))[wide], np.float32)
    size_wh = (weight.shape[1], weight.shape[0])
    if shrink > 1:
        mean, near = (np.asarray(cv2.resize(each, size_wh), np.float32) for each in (mean, near))
    return np.asarray(mean, np.float32), near


def _blurred(values: NDArray[np.float32], sigma: float, shrink: int) -> NDArray[np.float32]:
    small = (-(-values.shape[1] // shrink), -(-values.shape[0] // shrink))
    reduced = cv2.resize(values, small, interpolation=cv2.INTER_AREA) if shrink > 1 else values
    return np.asarray(cv2.GaussianBlur(reduced, (0, 0), sigma / shrink), np.float32)


class _Profiles:
    """Sums over the pixels of each square at each distance from the contour."""

    def __init__(self, cell: NDArray[np.intp], distance: NDArray[np.intp], cells: int) -> None:
        self._at = cell * _BINS + distance
        self._cells = cells

    def sums(self, values: NDArray[np.float32]) -> NDArray[np.float64]:
        """(cells, bins)."""
        flat = np.bincount(self._at, weights=values, minlength=self._cells * _BINS)
        return np.asarray(flat.reshape(self._cells, _BINS), np.float64)


def _contour(solid: NDArray[np.bool_]) -> tuple[NDArray[np.float32], NDArray[np.intp], tuple[int, int]]:
    """Signed pixels from the edge (negative inside), and the square that holds each pixel's nearest product pixel."""
    outside = (~solid).astype(np.uint8)
    away, labels = cv2.distanceTransformWithLabels(outside, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    inside = cv2.distanceTransform(solid.astype(np.uint8), cv2.DIST_L2, 5)
    grid = -(-solid.shape[0] // CELL_PX), -(-solid.shape[1] // CELL_PX)
    rows, columns = np.arange(solid.shape[0]) // CELL_PX, np.arange(solid.shape[1]) // CELL_PX
    own = rows[:, None] * grid[1] + columns[None, :]
    of_label = np.zeros(int(labels.max()) + 1, np.intp)
    of_label[labels[solid]] = own[solid]
    # Distances are to the middle of the nearest pixel, so -0.5 is the first inside and +0.5 the first outside.
    signed = np.where(solid, 0.5 - inside, away - 0.5)
    return np.asarray(signed, np.float32), np.asarray(of_label[labels], np.intp), grid


def _product_share(
    image: NDArray[np.float32], alpha: NDArray[np.float32], away: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """How much of each pixel is product, and where that can be told."""
    around = ((away > _AROUND_PX[0]) & (away <= _AROUND_PX[1])).astype(np.float32)
    background, near = weighted_mean(image, around, _AROUND_SIGMA)
    product, _ = weighted_mean(image, alpha**4, _INSIDE_SIGMA)
    line = product - background
    length = np.sqrt(np.einsum("hwc,hwc->hw", line, line))
    off = image - background
    variance, _ = weighted_mean(np.einsum("hwc,hwc->hw", off, off), around, _AROUND_SIGMA)
    seen = (near > 1e-3) & (length > np.maximum(_LEAST_CONTRAST, _LEAST_SIGNAL * np.sqrt(variance)))
    share = np.einsum("hwc,hwc->hw", off, line) / np.maximum(length * length, 1)
    return np.asarray(share, np.float32), np.asarray(seen, np.bool_)


def _read(shares: NDArray[np.float64], alphas: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Growth of each profile, and whether there is an edge in it."""
    drops = shares[:, :-_DROP_PX] - shares[:, _DROP_PX:]
    end = np.argmax(drops, axis=1) + _DROP_PX
    bins = np.arange(_BINS)
    elsewhere = np.abs(bins[None, : drops.shape[1]] + _DROP_PX - end[:, None]) >= _DROP_PX
    slope = np.where(elsewhere, drops, 0).max(axis=1)
    # A fall that is steepest where the profile ends goes on beyond it, and is a slope.
    edged = (np.max(drops, axis=1) >= np.maximum(_LEAST_DROP, 2 * slope)) & (end < _BINS - _DROP_PX + 1)
    beyond = (bins >= _INSIDE_PX) & (bins[None, :] <= end[:, None])
    further = (bins[None, :] > end[:, None]) & (bins[None, :] <= end[:, None] + _DROP_PX)
    # What looks like product farther out, where none can be, is the background's own likeness to it.
    likeness = (shares * further).sum(axis=1) / np.maximum(further.sum(axis=1), 1)
    excess = shares - alphas - likeness[:, None] * (1 - alphas)
    wide = (excess * beyond).sum(axis=1)
    grown = edged & (wide >= _LEAST_GROWTH_PX) & (excess[:, _INSIDE_PX] >= _LEAST_SHARE)
    return np.where(grown, wide, 0.0), np.asarray(edged, np.bool_)


def _weighted_p95(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    if not len(values):
        return 0.0
    order = np.argsort(values)
    reached = np.cumsum(weights[order]) >= 0.95 * weights.sum()
    return float(values[order][int(np.argmax(reached))])

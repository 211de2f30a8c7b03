"""The colours that a product has: the peaks of its tints' density.

Peaks are told apart by how far the density falls between them, relative to the lower one (persistence on its
logarithm: Chazal, Guibas, Oudot and Skraba, "Persistence-based clustering in Riemannian manifolds", 2013), so nobody
has to say how many colours there are, and a tint that wanders, as of a cloth in two lights, stays one.
"""

from dataclasses import dataclass
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from services.postprocess.recolour.oklab import Array

#: Tints of all colours of sRGB lie within this, each way; a bin is about what two tints differ by at least to the eye.
_REACH: Final = 0.76
_BINS: Final = 76
#: Two peaks are one where the density between them is more than this share of the lower one.
_SADDLE: Final = 0.6
#: Peaks lower than this share of all are noise.
_LEAST: Final = 1e-4


@dataclass(frozen=True)
class Clusters:
    """Colours without their shading, the largest first.

    Args:
        labels: (B, B) int32, by bin the cluster's number from 0; -1 where no pixel lies.
        sizes: Pixels of each.
        centers: (K, 2) float32, the mean tint of each.
    """

    labels: NDArray[np.int32]
    sizes: tuple[int, ...]
    centers: Array

    @classmethod
    def of(cls, tints: Array) -> Self:
        """The clusters of (N, 2) tints, of which there is at least one."""
        bins = _bins(tints)
        counts = np.bincount(bins, minlength=_BINS * _BINS).astype(np.float32).reshape(_BINS, _BINS)
        density = np.asarray(cv2.GaussianBlur(counts, (0, 0), 1.0, borderType=cv2.BORDER_CONSTANT), np.float32)
        found = _climbed(density, _LEAST * len(tints))
        number = found.ravel()[bins]
        kinds, sizes = np.unique(number, return_counts=True)
        order = np.argsort(-sizes, kind="stable")
        renamed = np.full(_BINS * _BINS + 1, -1, np.int32)
        renamed[kinds[order]] = np.arange(len(kinds))
        centers = np.stack([tints[number == kinds[each]].mean(axis=0) for each in order])
        return cls(renamed[found], tuple(int(sizes[each]) for each in order), np.asarray(centers, np.float32))

    def of_each(self, tints: Array) -> NDArray[np.int32]:
        """The cluster of each of (..., 2) tints; -1 for one that none has."""
        return self.labels.ravel()[_bins(tints)]


def _bins(tints: Array) -> NDArray[np.intp]:
    at = np.clip(((tints + _REACH) / (2 * _REACH) * _BINS).astype(np.intp), 0, _BINS - 1)
    return at[..., 0] * _BINS + at[..., 1]


def _climbed(density: Array, least: float) -> NDArray[np.int32]:
    """By bin the place of the peak that it belongs to, found from the top down; places count row by row."""
    flat = density.ravel()
    peak_of = np.full(flat.size, -1, np.int32)
    above: dict[int, int] = {}

    def summit(place: int) -> int:
        while above[place] != place:
            place = above[place]
        return place

    for place in map(int, np.argsort(-flat, kind="stable")):
        if flat[place] <= 0:
            break
        around = {summit(int(peak_of[each])) for each in _neighbours(place) if peak_of[each] >= 0}
        highest = max(around, key=lambda peak: float(flat[peak]), default=place)
        above.setdefault(highest, highest)
        peak_of[place] = highest
        for peak in around - {highest}:
            if flat[place] > _SADDLE * flat[peak] or flat[peak] < least:
                above[peak] = highest
    # The last place stands for the bins that hold nothing.
    merged = [summit(int(peak)) if peak >= 0 else flat.size for peak in peak_of]
    return np.array(merged, np.int32).reshape(density.shape)


def _neighbours(place: int) -> list[int]:
    row, column = divmod(place, _BINS)
    rows, columns = range(max(0, row - 1), min(_BINS, row + 2)), range(max(0, column - 1), min(_BINS, column + 2))
    return [y * _BINS + x for y in rows for x in columns if (y, x) != (row, column)]

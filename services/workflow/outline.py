"""The silhouette of a product, as far as its shape tells how it was photographed."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

#: A silhouette of fewer pixels says nothing.
LEAST_PX: Final = 60
#: A hook is narrower than this share of the product's width, and its shoulders are wider.
_HOOK_WIDTH: Final = 0.16
_SHOULDER_WIDTH: Final = 0.42
#: Hooks are at least this long relative to the product's longer side; the arch of a waistband is shorter.
_HOOK_LENGTH: Final = (0.035, 0.048)
#: How far the middle of an ellipse's lower half hangs below its outer tenths, relative to its half height.
_SIDES_ABOVE: Final = 0.56
#: Share of the product's height in which a hanger widens from hook to shoulders.
_SHOULDER_REACH: Final = 0.16


@dataclass(frozen=True)
class Outline:
    """The largest piece of a mask, cut to its own box: (H, W) bool."""

    mask: NDArray[np.bool_]

    @classmethod
    def of(cls, coverage: NDArray[np.float32]) -> Self | None:
        """The outline of (H, W) float32 coverage in [0, 1]; None where there is hardly any."""
        count, labels, stats, _ = cv2.connectedComponentsWithStats((coverage > 0.5).astype(np.uint8))
        if count < 2:
            return None
        largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
        left, top, width, height, area = (int(part) for part in stats[largest])
        if area < LEAST_PX or min(width, height) < 4:
            return None
        return cls(np.asarray(labels[top : top + height, left : left + width] == largest))

    @property
    def aspect(self) -> float:
        """Width relative to height."""
        return float(self.mask.shape[1] / self.mask.shape[0])

    @cached_property
    def solidity(self) -> float:
        """Area relative to that of the convex hull, above 0 to 1."""
        points = np.argwhere(self.mask)[:, ::-1].astype(np.int32)
        return min(1.0, float(self.mask.sum()) / max(cv2.contourArea(cv2.convexHull(points)), 1.0))

    def symmetry(self) -> float:
        """Overlap with its own mirror image about the best upright axis near its centre, 0 to 1 (Jaccard index)."""
        height, width = self.mask.shape
        middle = float(np.nonzero(self.mask)[1].mean())
        columns = np.arange(width)
        best = 0.0
        for shift in range(-4, 5):
            mirrored = np.round(2 * (middle + shift) - columns).astype(int)
            inside = (mirrored >= 0) & (mirrored < width)
            other = np.zeros((height, width), bool)
            other[:, inside] = self.mask[:, mirrored[inside]]
            best = max(best, float((self.mask & other).sum()) / float((self.mask | other).sum()))
        return best

    def hook(self) -> float:
        """How clearly the top is a hanger's hook above shoulders, 0 to 1."""
        height, width = self.mask.shape
        widths = self.mask.sum(axis=1) / width
        narrow = widths < _HOOK_WIDTH
        length = int(np.argmin(narrow)) if not narrow.all() else height
        long = (length / max(height, width) - _HOOK_LENGTH[0]) / (_HOOK_LENGTH[1] - _HOOK_LENGTH[0])
        if long <= 0:
            return 0.0
        below = widths[length : length + max(2, round(_SHOULDER_REACH * height))]
        if below.size == 0 or float(below.max()) < _SHOULDER_WIDTH:
            return 0.0
        place = float(np.nonzero(self.mask[:length])[1].mean()) / width
        centred = max(0.0, 1 - max(0.0, abs(place - 0.5) - 0.12) / 0.15)
        return float(centred * min(1.0, long))

    def sag(self) -> float:
        """How far the lower contour hangs below its own sides, relative to half the base's width; 0 = level.

        Seen at a pitch p, a round base shows about sin p: the sides are taken in the outer tenth on either end, where
        the half of an ellipse already hangs by more than two fifths.
        """
        height = self.mask.shape[0]
        filled = self.mask.any(axis=0)
        lowest = np.where(filled, height - 1 - np.argmax(self.mask[::-1], axis=0), -1)
        # The base: columns whose lower end lies in the lower part of the product, not under an arm or a handle.
        base = np.flatnonzero(lowest > 0.55 * height)
        if base.size < 8:
            return 0.0
        half = (base[-1] - base[0] + 1) / 2
        sides = np.concatenate([lowest[base[: max(2, base.size // 10)]], lowest[base[-max(2, base.size // 10) :]]])
        return float(max(0.0, np.percentile(lowest[base], 98) - np.median(sides)) / half / _SIDES_ABOVE)

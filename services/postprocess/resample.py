"""One resampling of a product, of which only the part that the canvas shows is ever made.

OpenCV resizes whole arrays. A part of its result is had by resizing along one axis and then the other, in strips of
lines at their full length, and keeping what is wanted of each: memory follows the part, and every pixel is filtered on
the grid of the whole.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.geometry import Box, SizeHW

#: Source pixels on either side that OpenCV's Lanczos kernel reads.
_LANCZOS_REACH_PX: Final = 4
#: Numbers in one strip of whole lines.
_STRIP_SIZE: Final = 1 << 21


@dataclass(frozen=True)
class Axis:
    """One direction of a resampling, in whole pixels.

    Args:
        before, after: Lengths of the whole.
        begin, end: The part that is wanted, of `after`.
        reach: Pixels that a pixel's filter reads beside those that it covers.
    """

    before: int
    after: int
    begin: int
    end: int
    reach: int

    @property
    def whole(self) -> bool:
        """Whether the part is all."""
        return self.begin == 0 and self.end == self.after

    @property
    def source(self) -> slice:
        """What has to be read of `before`."""
        ratio = self.before / self.after
        first = math.floor(self.begin * ratio) - self.reach
        last = math.ceil(self.end * ratio) + self.reach
        return slice(max(0, first), min(self.before, last))

    @property
    def nearest(self) -> NDArray[np.intp]:
        """(end - begin,): for each pixel of the part the one it lies on, counted from the begin of `source`."""
        at = np.floor(np.arange(self.begin, self.end) * (self.before / self.after)).astype(np.intp)
        return np.asarray(np.minimum(at, self.before - 1) - self.source.start, np.intp)


class Resampling:
    """A change of size by area means (smaller) or Lanczos (larger).

    Args:
        before_hw, after_hw: Sizes of the whole.
        part: What is wanted of the result.
        shrinks: Whether it gets smaller.
    """

    def __init__(self, before_hw: SizeHW, after_hw: SizeHW, part: Box, *, shrinks: bool) -> None:
        reach = 1 if shrinks else 2 * _LANCZOS_REACH_PX + 1
        self._rows = Axis(before_hw[0], after_hw[0], part.top, part.bottom, reach)
        self._columns = Axis(before_hw[1], after_hw[1], part.left, part.right, reach)
        self._kernel = cv2.INTER_AREA if shrinks else cv2.INTER_LANCZOS4
        self._shrinks = shrinks

    @property
    def name(self) -> str:
        """As answers tell it."""
        return "area" if self._shrinks else "lanczos4"

    @property
    def source(self) -> tuple[slice, slice]:
        """Rows and columns that have to be read; the methods take arrays cut to them."""
        return self._rows.source, self._columns.source

    def resized(self, plane: NDArray[np.float32]) -> NDArray[np.float32]:
        """(h, w) or (h, w, 3) float32 of the part, from what `source` cuts out."""
        if self._rows.whole and self._columns.whole:
            size_wh = (self._columns.after, self._rows.after)
            return cv2.resize(plane, size_wh, interpolation=self._kernel).astype(np.float32, copy=False)
        along_rows = self._along(plane, self._columns)
        return np.ascontiguousarray(self._along(along_rows.swapaxes(0, 1), self._rows).swapaxes(0, 1))

    def core(self, opaque: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Where in the part the filter reads nothing but opaque pixels: (h, w) bool, from what `source` cuts out."""
        if self._shrinks:
            # Any source pixel below full, however small its share, leaves the sum below one.
            return np.asarray(self.resized(opaque.astype(np.float32)) >= 1 - 1e-5)
        side = 2 * _LANCZOS_REACH_PX + 1
        inner = cv2.erode(opaque.astype(np.uint8), np.ones((side, side), np.uint8))
        return np.asarray(inner[np.ix_(self._rows.nearest, self._columns.nearest)], np.bool_)

    def _along(self, plane: NDArray[np.float32], axis: Axis) -> NDArray[np.float32]:
        """The second dimension resized, the first left as it is."""
        result = np.empty((plane.shape[0], axis.end - axis.begin, *plane.shape[2:]), np.float32)
        for strip in _strips(plane, axis):
            part = plane[strip]
            lines = np.zeros((part.shape[0], axis.before, *plane.shape[2:]), np.float32)
            lines[:, axis.source] = part
            whole = cv2.resize(lines, (axis.after, lines.shape[0]), interpolation=self._kernel)
            result[strip] = whole[:, axis.begin : axis.end]
        return result


def _strips(plane: NDArray[Any], axis: Axis) -> Iterator[slice]:
    numbers = max(axis.before, axis.after) * math.prod(plane.shape[2:])
    step = max(1, _STRIP_SIZE // numbers)
    return (slice(first, first + step) for first in range(0, plane.shape[0], step))

"""A cover's page: its grid, and where on it there is room."""

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.geometry import Box, SizeHW

#: Cells along the page's longer side; what is free is known to so much.
_CELLS: Final = 512


@dataclass(frozen=True)
class Page:
    """The picture taken as a printed page whose shorter side is 8 inches, as most magazines are.

    Args:
        size_hw: The picture's.
    """

    size_hw: SizeHW

    @property
    def unit(self) -> float:
        """The shorter side in pixels, which everything is measured by."""
        return float(min(self.size_hw))

    @property
    def point(self) -> float:
        """A typographic point in pixels: 8 inches have 576."""
        return self.unit / 576

    @property
    def margin(self) -> float:
        """Kept free of letters on every side, in pixels."""
        return 0.055 * self.unit

    @property
    def inner_width(self) -> float:
        """Between the margins, in pixels."""
        return self.size_hw[1] - 2 * self.margin

    def at_size(self, share: float) -> float:
        """A share of the shorter side, in pixels."""
        return share * self.unit


@dataclass(frozen=True)
class Extent:
    """A rectangle in pixels with fractions."""

    left: float
    top: float
    right: float
    bottom: float

    def pixels(self, limit: SizeHW) -> Box:
        """The smallest box of whole pixels that holds it, inside an image of size `limit`."""
        top, left = math.floor(self.top), math.floor(self.left)
        return Box(top, left, math.ceil(self.bottom) - top, math.ceil(self.right) - left).clipped(limit)


class Space:
    """What of a page is taken. It is kept on a grid, and a cell of which anything is taken counts as taken.

    Args:
        page: Its margins are taken from the start.
        taken: (H, W) bool, of the page's size.
        gap_px: Kept free around that.
    """

    def __init__(self, page: Page, taken: NDArray[np.bool_], gap_px: float) -> None:
        height, width = page.size_hw
        self._cell = max(1, math.ceil(max(height, width) / _CELLS))
        rows, columns = math.ceil(height / self._cell), math.ceil(width / self._cell)
        padded = np.zeros((rows * self._cell, columns * self._cell), np.uint8)
        padded[:height, :width] = taken
        cells = padded.reshape(rows, self._cell, columns, self._cell).max(axis=(1, 3))
        reach = 2 * math.ceil(gap_px / self._cell) + 1
        self._taken = cv2.dilate(cells, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
        margin = int(page.margin // self._cell)
        self._taken[:margin] = self._taken[rows - margin :] = 1
        self._taken[:, :margin] = self._taken[:, columns - margin :] = 1

    def copy(self) -> "Space":
        """The same, to try something out on."""
        other = copy.copy(self)
        other._taken = self._taken.copy()
        return other

    def take(self, extent: Extent, gap_px: float = 0.0) -> None:
        """Count a rectangle, and so much around it, as taken."""
        top, left = (max(0, math.floor((side - gap_px) / self._cell)) for side in (extent.top, extent.left))
        bottom, right = (math.ceil((side + gap_px) / self._cell) for side in (extent.bottom, extent.right))
        self._taken[top:bottom, left:right] = 1

    def free(self, extent: Extent) -> bool:
        """Whether nothing of a rectangle is taken."""
        top, left = math.floor(extent.top / self._cell), math.floor(extent.left / self._cell)
        bottom, right = math.ceil(extent.bottom / self._cell), math.ceil(extent.right / self._cell)
        return top >= 0 and left >= 0 and not self._taken[top:bottom, left:right].any()

    def tops(self, parts: Sequence[Extent]) -> NDArray[np.float64]:
        """How far down some rectangles can be moved together so that all of them are free, in pixels, the least first.

        Args:
            parts: With their tops counted from 0; their lefts and rights are the page's own.
        """
        below = max(math.ceil(part.bottom / self._cell) for part in parts)
        count = len(self._taken) - below + 1
        if count <= 0:
            return np.zeros(0)
        free = np.ones(count, np.bool_)
        for part in parts:
            left, right = math.floor(part.left / self._cell), math.ceil(part.right / self._cell)
            if left < 0 or right > self._taken.shape[1]:
                return np.zeros(0)
            sums = np.concatenate([[0], np.cumsum(self._taken[:, left:right].sum(axis=1, dtype=np.int64))])
            top, bottom = math.floor(part.top / self._cell), math.ceil(part.bottom / self._cell)
            free &= sums[bottom : bottom + count] == sums[top : top + count]
        return np.asarray(np.flatnonzero(free) * self._cell, np.float64)

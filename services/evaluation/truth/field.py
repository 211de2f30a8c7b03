"""Shapes as signed distances, and how much of each pixel they cover.

A shape is an array of distances to its outline, negative inside, on a grid `FINE` times finer than the picture. The
clipped distance is about the share of a fine cell on the inner side, and its sum across a band is the band's width
whatever its direction; widths come out right to some thousandths of a pixel. (Polygons drawn on a finer grid, as OpenCV
does it, are an eighth of a pixel too wide at 8 cells a pixel.)

Coordinates are (x, y) in pixels, whole numbers at pixel edges.
"""

from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.geometry import SizeHW

Array = NDArray[np.float32]
Points = NDArray[np.float64]

#: Fine cells per pixel, each way.
FINE: Final = 2
#: Farther than this from a line its distance is not told, in pixels beyond the wanted reach.
_BEYOND: Final = 2.0


def fine_grid(size_hw: SizeHW) -> tuple[Array, Array]:
    """x as (1, W * FINE) and y as (H * FINE, 1), of the fine cells' middles."""
    height, width = size_hw
    x, y = (np.asarray((np.arange(side * FINE) + 0.5) / FINE, np.float32) for side in (width, height))
    return x[None, :], y[:, None]


def covered(distance: Array) -> Array:
    """The share of each pixel that lies inside.

    Args:
        distance: (H * FINE, W * FINE) float32 in pixels, negative inside.

    Returns:
        (H, W) float32, 0 to 1.
    """
    cells = np.clip(np.float32(0.5) - distance * np.float32(FINE), 0, 1)
    size_wh = (distance.shape[1] // FINE, distance.shape[0] // FINE)
    return np.asarray(cv2.resize(cells, size_wh, interpolation=cv2.INTER_AREA), np.float32)


def around_line(size_hw: SizeHW, line: Points, radius: float) -> Array:
    """Distance to the outline of a band that reaches `radius` to either side of a line of straight pieces.

    Args:
        size_hw: The picture's size.
        line: (N, 2) points, near enough to each other to be a curve.
        radius: Half the band's width, in pixels.

    Returns:
        (H * FINE, W * FINE) float32; 2 pixels and farther from the band some number above.
    """
    height, width = size_hw
    reach = radius + _BEYOND
    field = np.full((height * FINE, width * FINE), np.float32(reach), np.float32)
    for start, end in pairwise(line):
        low, high = np.minimum(start, end) - reach, np.maximum(start, end) + reach
        left, top = np.maximum(np.floor(low * FINE).astype(int), 0)
        right, bottom = np.minimum(np.ceil(high * FINE).astype(int), (width * FINE, height * FINE))
        if left >= right or top >= bottom:
            continue
        x = (np.arange(left, right, dtype=np.float32) + 0.5) / FINE - np.float32(start[0])
        y = ((np.arange(top, bottom, dtype=np.float32) + 0.5) / FINE - np.float32(start[1]))[:, None]
        step_x, step_y = (np.float32(value) for value in end - start)
        along = np.clip((x * step_x + y * step_y) / max(float(step_x**2 + step_y**2), 1e-12), 0, 1)
        near = np.hypot(x - along * step_x, y - along * step_y)
        part = field[top:bottom, left:right]
        np.minimum(part, near, out=part)
    return field - np.float32(radius)


def convex(size_hw: SizeHW, corners: Points) -> Array:
    """Distance to a convex polygon's edges, exact along them.

    Args:
        size_hw: The picture's size.
        corners: (N, 2), clockwise as seen in the picture.
    """
    x, y = fine_grid(size_hw)
    field = np.full((y.shape[0], x.shape[1]), np.float32(-np.inf), np.float32)
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        step = (end - start) / np.hypot(*(end - start))
        outward = np.float32(step[1]), np.float32(-step[0])
        edge = (x - np.float32(start[0])) * outward[0] + (y - np.float32(start[1])) * outward[1]
        np.maximum(field, edge, out=field)
    return field


def disc(size_hw: SizeHW, center: tuple[float, float], radius: float) -> Array:
    """Distance to a circle around `center` (x, y)."""
    x, y = fine_grid(size_hw)
    return np.asarray(np.hypot(x - np.float32(center[0]), y - np.float32(center[1])) - np.float32(radius), np.float32)


def ring(size_hw: SizeHW, center: tuple[float, float], radius: float, width: float) -> Array:
    """Distance to a ring whose middle runs at `radius` and which is `width` wide."""
    return np.asarray(np.abs(disc(size_hw, center, radius)) - np.float32(width / 2), np.float32)

"""The product's outline as points with normals, and lines of samples across it."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from contourpy import LineType, contour_generator
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates, uniform_filter1d

#: Coverage below which a sample counts as free of the product.
CLEAR: Final = 0.02
#: More points than this tell nothing new, so that time does not grow with the outline.
_MOST_POINTS: Final = 6000
#: Points this near to the picture's border belong to a product that goes on outside it.
_BORDER_PX: Final = 2


@dataclass(frozen=True)
class Edge:
    """Points on the line of half coverage, in equal steps along each contour.

    Args:
        points: (N, 2) float64, row and column; pixel centres are whole numbers.
        normals: (N, 2) float64 of unit length, pointing away from the product.
        spacing_px: Length of outline that one point stands for.
        starts: Index of the first point of each contour.
    """

    points: NDArray[np.float64]
    normals: NDArray[np.float64]
    spacing_px: float
    starts: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.points)

    def across(self, array: NDArray[np.float32], offsets_px: NDArray[np.float64]) -> NDArray[np.float32]:
        """Bilinear samples of an (H, W) or (H, W, C) array: (N, K) or (N, K, C), outwards with growing offset."""
        return sample(array, self.points[:, None] + self.normals[:, None] * offsets_px[None, :, None])

    def smoothed(self, values: NDArray[np.float64], over_px: float) -> NDArray[np.float64]:
        """Running mean of one value per point, (N,), along each contour, over that length of outline."""
        if not len(values):
            return values
        window = max(1, round(over_px / self.spacing_px))
        parts = np.split(values, list(self.starts[1:]))
        return np.concatenate([uniform_filter1d(part, min(window, len(part)), mode="wrap") for part in parts])


def find_edge(coverage: NDArray[np.float32]) -> Edge:
    """The outline of a product, holes included, without what is cut off by the array's border.

    Args:
        coverage: (H, W) float32, 0 to 1.
    """
    contours = [contour for contour in _contours(coverage) if len(contour) > 3]
    length = float(sum(np.hypot(*np.diff(contour, axis=0).T).sum() for contour in contours))
    spacing = max(1.0, length / _MOST_POINTS)
    slopes = _outward(coverage)
    parts = [_inner(_evenly(contour, spacing), coverage.shape) for contour in contours]
    parts = [part for part in parts if len(part)]
    starts = tuple(int(index) for index in np.cumsum([0, *(len(part) for part in parts)])[:-1])
    points = np.concatenate(parts) if parts else np.zeros((0, 2))
    normals = sample(slopes, points).astype(np.float64)
    normals /= np.maximum(np.hypot(*normals.T), 1e-9)[:, None]
    return Edge(points, normals, spacing, starts)


def clear_run(coverage: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which samples of outward lines (N, K) come before the product begins again."""
    clear = np.logical_or.accumulate(coverage < CLEAR, axis=1)
    return ~np.logical_or.accumulate(clear & (coverage >= CLEAR), axis=1)


def sample(array: NDArray[np.float32], places: NDArray[np.float64]) -> NDArray[np.float32]:
    """Bilinear samples of an (H, W) or (H, W, C) array at (..., 2) rows and columns; its border goes on outside."""
    at = np.moveaxis(places, -1, 0)
    if array.ndim == 2:
        return np.asarray(map_coordinates(array, at, order=1, mode="nearest", output=np.float32))
    layers = [
        map_coordinates(array[..., c], at, order=1, mode="nearest", output=np.float32) for c in range(array.shape[2])
    ]
    return np.stack(layers, axis=-1)


def _contours(coverage: NDArray[np.float32]) -> list[NDArray[np.float64]]:
    found = contour_generator(z=np.pad(coverage, 1), line_type=LineType.Separate).lines(0.5)
    return [np.asarray(contour, np.float64)[:, ::-1] - 1 for contour in found]


def _evenly(contour: NDArray[np.float64], spacing_px: float) -> NDArray[np.float64]:
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(contour, axis=0).T))])
    count = max(1, round(along[-1] / spacing_px))
    at = (np.arange(count) + 0.5) * along[-1] / count
    return np.stack([np.interp(at, along, contour[:, axis]) for axis in (0, 1)], axis=1)


def _inner(points: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64]:
    limit = np.array(shape) - 1 - _BORDER_PX
    return points[((points >= _BORDER_PX) & (points <= limit)).all(axis=1)]


def _outward(coverage: NDArray[np.float32]) -> NDArray[np.float32]:
    """(H, W, 2) float32, rows and columns: where coverage falls."""
    smooth = cv2.GaussianBlur(coverage, (0, 0), 1.0)
    rows = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3)
    columns = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3)
    return np.asarray(-np.stack([rows, columns], axis=-1), np.float32)


def pixel_at(point: NDArray[np.float64]) -> tuple[int, int]:
    """Row and column of the pixel nearest to a point."""
    row, column = np.round(point).astype(int)
    return int(row), int(column)

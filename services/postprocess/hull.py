"""The product as a stack of horizontal slices, guessed from its one silhouette.

A camera sees no product from behind; for a shadow it is enough to know how wide and how high it is. A standing product
is taken as round in depth: each run of a silhouette row becomes an ellipse as deep as the base is (exact for upright
cylinders and cones; a thin billboard at a depth of 0). A lying product is its own mask, a little thick.
"""

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.geometry import Box
from services.postprocess.base import Base
from services.postprocess.ground import GroundView, array_to_canvas, grid_to_plane

#: Thickness of flat parts (saucers, lying clothes) relative to the product's longer side.
THICKNESS: Final = 0.02

_LYING_LEVELS: Final = 4
#: Cells filled less than this (of 255) are empty.
_LEAST_FILLED: Final = 32
#: Fixed-point bits of OpenCV's drawing functions.
_SHIFT: Final = 4


@dataclass(frozen=True)
class Slice:
    """One level of a product on a grid of ground cells.

    Args:
        mask: (H, W) uint8 occupancy, 0 to 255; rows go away from the camera.
        row, column: Cell of its first element; cell (0, 0) begins at X = Z = 0.
        height: Above the ground, in canvas pixels.
    """

    mask: NDArray[np.uint8]
    row: int
    column: int
    height: float

    def carved(
        self, alpha: NDArray[np.uint8], from_canvas: NDArray[np.float64], view: GroundView, cell: float
    ) -> "Slice":
        """The same level without what the camera would have seen of it beside the product.

        Args:
            alpha: (H, W) uint8, the product as seen.
            from_canvas: (3, 3) from canvas coordinates to the array's indices.
            view: The camera.
            cell: Canvas pixels per ground cell.
        """
        to_plane = grid_to_plane((self.column * cell, self.row * cell), cell)
        to_alpha = from_canvas @ view.level_to_canvas(self.height) @ to_plane
        size_wh = (self.mask.shape[1], self.mask.shape[0])
        seen = cv2.warpPerspective(alpha, to_alpha, size_wh, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        return Slice(np.minimum(self.mask, np.asarray(seen, np.uint8)), self.row, self.column, self.height)

    def softened(self, sigma: float) -> "Slice":
        """The same level with a blurred outline; `sigma` in cells, less where the level is too thin to bear it."""
        if sigma < 0.4:
            return self
        margin = math.ceil(2.5 * sigma)
        sigma_z = min(sigma, 0.3 * self.mask.shape[0])
        mask = cv2.GaussianBlur(np.pad(self.mask, margin), (0, 0), sigma, sigmaY=max(0.3, sigma_z))
        # A thin part is still opaque in its middle.
        mask = cv2.convertScaleAbs(mask, alpha=255 / max(1, int(mask.max())))
        return Slice(np.asarray(mask, np.uint8), self.row - margin, self.column - margin, self.height)


@dataclass(frozen=True)
class Silhouette:
    """A standing product seen level from the front.

    Args:
        mask: (H, W) uint8, 0 to 255; row 0 is at the ground, rows go up.
        left: X of the first column's outer edge.
        cell: Canvas pixels per cell.
        depth_ratio: Depth relative to width.
    """

    mask: NDArray[np.uint8]
    left: float
    cell: float
    depth_ratio: float

    @property
    def height(self) -> float:
        """Height of the product, in canvas pixels."""
        return float(self.mask.shape[0] * self.cell)

    @property
    def reach(self) -> float:
        """The farthest that any part is from the foot's middle on the ground, in canvas pixels."""
        return float(max(abs(self.left), abs(self.left + self.mask.shape[1] * self.cell)))

    def slices(self, count: int, cell: float, thickness: float) -> list[Slice]:
        """Cut the product into levels; empty ones are left out.

        Args:
            count: How many.
            cell: Canvas pixels per ground cell.
            thickness: Least depth of anything, in cells.
        """
        found = (self._slice((level + 0.5) / count * self.height, cell, thickness / 2) for level in range(count))
        return [part for part in found if part is not None]

    def _slice(self, height: float, cell: float, least: float) -> Slice | None:
        row = self.mask[min(self.mask.shape[0] - 1, int(height / self.cell))]
        # Things thinner than a cell fill none to the half.
        runs = _runs(row > min(127, max(_LEAST_FILLED, int(row.max()) // 2)))
        if not runs:
            return None
        spans = [((self.left + start * self.cell) / cell, (self.left + end * self.cell) / cell) for start, end in runs]
        half_depth = max(max(least, (end - start) / 2 * self.depth_ratio) for start, end in spans)
        column, side = math.floor(spans[0][0]) - 1, math.ceil(half_depth) + 1
        mask = np.zeros((2 * side, math.ceil(spans[-1][1]) + 1 - column), np.uint8)
        for start, end in spans:
            center = ((start + end) / 2 - column - 0.5, side - 0.5)
            axes = ((end - start) / 2, max(least, (end - start) / 2 * self.depth_ratio))
            cv2.ellipse(mask, _fixed(center), _fixed(axes), 0, 0, 360, 255, -1, cv2.LINE_AA, _SHIFT)
        return Slice(mask, -side, column, height)


def level_silhouette(alpha: NDArray[np.float32], base: Base, view: GroundView, box: Box) -> Silhouette:
    """Undo the camera's downward look.

    Seen from above, every column of a product shows its height and its depth. Depth is taken out per column, at the
    lower end that of the footprint's front, at the upper end that of a back as round as the footprint: what is left of
    an upright cylinder is its exact height, of a saucer its rim.

    Args:
        alpha: (H, W) float32, the product, 0 to 1; may be coarser than the canvas.
        base: Its footprint, in the array's own pixels.
        view: The camera at the footprint's middle.
        box: What the array covers on the canvas.
    """
    flattened = _without_depth(alpha, base, view, box)
    to_canvas = array_to_canvas(alpha.shape, box)
    to_upright = np.linalg.inv(view.upright_to_canvas())
    rows = (box.top, view.foot_yx[0])
    corners = np.array([[column, row] for row in rows for column in (box.left, box.right)], np.float64)
    reach = cv2.perspectiveTransform(corners[None], to_upright)[0]
    left, right, height = reach[:, 0].min(), reach[:, 0].max(), max(1.0, reach[:, 1].max())
    cell = max(right - left, height) / max(alpha.shape)
    size_wh = (max(1, math.ceil((right - left) / cell)), max(1, math.ceil(height / cell)))
    to_cells = np.linalg.inv(grid_to_plane((left, 0.0), cell)) @ to_upright @ to_canvas
    mask = cv2.warpPerspective(flattened, to_cells, size_wh, flags=cv2.INTER_LINEAR)
    return Silhouette(np.asarray(mask, np.uint8), float(left), float(cell), base.depth_ratio)


def lying_slices(alpha: NDArray[np.float32], view: GroundView, box: Box, cell: float) -> list[Slice]:
    """Levels of a flat product: its mask on the ground, repeated up to its thickness.

    Args:
        alpha: (H, W) float32, the product, 0 to 1; may be coarser than the canvas.
        view: The camera at the product's middle, see `GroundView.onto`.
        box: What the array covers on the canvas.
        cell: Canvas pixels per ground cell.
    """
    to_canvas = array_to_canvas(alpha.shape, box)
    to_ground = np.linalg.inv(view.ground_to_canvas())
    (left, near), (right, far) = view.reach_of(box) / cell
    column, row = math.floor(left), math.floor(near)
    size_wh = (math.ceil(right) - column, math.ceil(far) - row)
    to_cells = np.linalg.inv(grid_to_plane((column * cell, row * cell), cell)) @ to_ground @ to_canvas
    mask = cv2.warpPerspective(np.round(alpha * 255).astype(np.uint8), to_cells, size_wh, flags=cv2.INTER_LINEAR)
    heights = (np.arange(_LYING_LEVELS) + 1) / _LYING_LEVELS * lying_thickness(box)
    return [Slice(np.asarray(mask, np.uint8), row, column, float(height)) for height in heights]


def lying_thickness(box: Box) -> float:
    """Height of a lying product that fills a box of the canvas, in canvas pixels."""
    return THICKNESS * max(box.height, box.width)


def _without_depth(alpha: NDArray[np.float32], base: Base, view: GroundView, box: Box) -> NDArray[np.uint8]:
    """Each column squeezed to the height that it stands for, as (H, W) uint8."""
    foot = base.foot_yx[0]
    front = np.where(base.touches, base.depths(), 0).astype(np.float32)
    upper = np.argmax(alpha > 0.5 * alpha.max(), axis=0)
    back = _back_rows(upper, alpha.shape, base, view, box)
    top = foot - upper.astype(np.float32)
    span = np.maximum(top - back, THICKNESS * max(alpha.shape))
    stretch = ((top + front) / span).astype(np.float32)
    rises = foot - (np.arange(alpha.shape[0], dtype=np.float32)[:, None] + 0.5)
    source = foot - (rises * stretch - front) - 0.5
    columns = np.broadcast_to(np.arange(alpha.shape[1], dtype=np.float32), source.shape)
    eight_bit = np.round(alpha * 255).astype(np.uint8)
    return np.asarray(cv2.remap(eight_bit, columns, source.astype(np.float32), cv2.INTER_LINEAR), np.uint8)


def _back_rows(
    upper: NDArray[np.intp], shape: tuple[int, ...], base: Base, view: GroundView, box: Box
) -> NDArray[np.float32]:
    """(W,) by how many of the array's rows each column's upper edge is seen higher because it lies behind the foot."""
    across, down = box.width / shape[1], box.height / shape[0]
    columns = np.asarray(box.left + (np.arange(shape[1]) + 0.5) * across, np.float64)
    rows = np.asarray(box.top + upper * down, np.float64)
    behind = view.rows_behind(columns, rows, base.half_width * across, base.depth_ratio) / down
    # Its upper end is seen no steeper than the foot, unless the body nearly reaches up to the camera.
    return np.asarray(np.minimum(behind, base.half_depth), np.float32)


def _runs(row: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Begin and end of each stretch of True."""
    edges = np.flatnonzero(np.diff(row.astype(np.int8), prepend=0, append=0))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def _fixed(point: tuple[float, float]) -> tuple[int, int]:
    return round(point[0] * (1 << _SHIFT)), round(point[1] * (1 << _SHIFT))

"""What somebody pointed at: narrowing what the network found to the selected product.

A keep-mask and include-boxes say where the product lies at most, exclude-boxes where it does not. An exclude-point lies
on a part that is cut off, an include-point on the product: other components go. What the network missed is grown
before, by `grow.py`.
"""

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.geometry import Box, SizeHW
from services.segment.matte import box_of
from services.segment.schema import Selection
from services.segment.split import PointYX, around, cut_off

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]

#: Longer side of the grid that parts are cut off on.
GRID_PX: Final = 512
#: A point this share of the photo's longer side away from a region still means it: fingers are broad.
_NEAR: Final = 0.02
#: Room around what may be product, as a share of its longer side: the network wants to see what it is not.
_ROOM: Final = 0.2
#: Above this share of the photo a closer look gains nothing.
_WHOLE: Final = 0.7
#: After a cut, components below this share of the largest are crumbs.
_CRUMB: Final = 0.02


@dataclass(frozen=True)
class Narrowed:
    """What is left of a look.

    Args:
        mask: (h, w) float32 in [0, 1], 0 where nothing may be product.
        region: (h, w) bool.
        ceiling: (H, W) float32 in [0, 1] at the photo's size: alpha is at most this.
    """

    mask: Array
    region: Mask
    ceiling: Array


def frame_of(selection: Selection, size_hw: SizeHW) -> Box:
    """The part of the photo that the network needs to see: what may be product, with some room around it."""
    whole = Box(0, 0, *size_hw)
    boxes = list(selection.include_boxes)
    if selection.keep_mask is not None and (selection.keep_mask >= 128).any():
        boxes.append(box_of(selection.keep_mask >= 128))
    if not boxes:
        return whole
    top, left = min(box.top for box in boxes), min(box.left for box in boxes)
    height, width = max(box.bottom for box in boxes) - top, max(box.right for box in boxes) - left
    frame = Box(top, left, height, width).grown(round(_ROOM * max(height, width)), size_hw)
    # An include-point elsewhere wants to be seen too, even if only to be found outside.
    seen = all(_inside(frame, point) for point in selection.include_points)
    small = frame.height * frame.width < _WHOLE * size_hw[0] * size_hw[1]
    return frame if small and seen else whole


def within(selection: Selection, frame: Box) -> Selection:
    """The same selection, counted from the frame's corner; points outside it are left out."""

    def moved(box: Box) -> Box:
        return box.within(frame).clipped((frame.height, frame.width))

    def seen(points: tuple[PointYX, ...]) -> tuple[PointYX, ...]:
        return tuple((row - frame.top, column - frame.left) for row, column in points if _inside(frame, (row, column)))

    mask = selection.keep_mask
    return replace(
        selection,
        keep_mask=None if mask is None else mask[frame.slices()],
        include_boxes=tuple(moved(box) for box in selection.include_boxes),
        exclude_boxes=tuple(moved(box) for box in selection.exclude_boxes),
        include_points=seen(selection.include_points),
        exclude_points=seen(selection.exclude_points),
    )


def narrow(image: NDArray[np.uint8], mask: Array, region: Mask, selection: Selection) -> Narrowed:
    """Leave of a region what the selection allows.

    Args:
        image: (H, W, 3) uint8 sRGB.
        mask: (h, w) float32 in [0, 1], over the whole image.
        region: (h, w) bool, where the mask is product.
        selection: In the image's pixels. Where a garment is to be taken off its mannequin, points are left to that.

    Returns:
        Its region is empty where nothing is left.
    """
    size_hw = (image.shape[0], image.shape[1])
    ceiling = _allowed(selection, size_hw)
    if not selection.ghost_mannequin and (selection.include_points or selection.exclude_points):
        ceiling = np.minimum(ceiling, _pointed(image, region, ceiling, selection))
    small = cv2.resize(ceiling, region.shape[::-1], interpolation=cv2.INTER_AREA)
    left = region & (small >= 0.5)
    return Narrowed(np.asarray(np.minimum(mask, small), np.float32), left, ceiling)


def missed(region: Mask, points: tuple[PointYX, ...], size_hw: SizeHW) -> tuple[PointYX, ...]:
    """The points (in the photo's pixels) that lie neither in the region nor near it."""
    grid = on_grid(region, grid_of(size_hw))
    return tuple(point for point in points if snapped(grid, point, size_hw) is None)


def _inside(frame: Box, point: PointYX) -> bool:
    return frame.top <= point[0] < frame.bottom and frame.left <= point[1] < frame.right


def _allowed(selection: Selection, size_hw: SizeHW) -> Array:
    """1 where the mask and the boxes let alpha be."""
    bounded = selection.keep_mask is not None or bool(selection.include_boxes)
    allowed = np.full(size_hw, 0 if bounded else 1, np.float32)
    if selection.keep_mask is not None:
        allowed = np.asarray(selection.keep_mask / np.float32(255), np.float32)
    for box in selection.include_boxes:
        allowed[box.slices()] = 1
    for box in selection.exclude_boxes:
        allowed[box.slices()] = 0
    return allowed


def _pointed(image: NDArray[np.uint8], region: Mask, allowed: Array, selection: Selection) -> Array:
    """1 in and around what the points leave, 0 in and around what they take: (H, W) float32."""
    size_hw = (image.shape[0], image.shape[1])
    grid_hw = grid_of(size_hw)
    grid = on_grid(region, grid_hw) & (cv2.resize(allowed, grid_hw[::-1], interpolation=cv2.INTER_AREA) >= 0.5)
    if not grid.any():
        return np.ones(size_hw, np.float32)
    keep, drop = (
        [place for point in points if (place := snapped(grid, point, size_hw)) is not None]
        for points in (selection.include_points, selection.exclude_points)
    )
    left = grid
    if drop:
        seen = np.asarray(cv2.resize(image, grid_hw[::-1], interpolation=cv2.INTER_AREA), np.uint8)
        box = box_of(grid)
        corner = (box.top, box.left)
        cut = cut_off(seen[box.slices()], grid[box.slices()], _from(drop, corner), _from(keep, corner))
        left = grid.copy()
        left[box.slices()] &= ~cut
        left = _without_crumbs(left)
    if selection.include_points:
        left = around(left, keep)
    return spread(grid, left, size_hw)


def _from(points: list[PointYX], corner: PointYX) -> list[PointYX]:
    return [(row - corner[0], column - corner[1]) for row, column in points]


def grid_of(size_hw: SizeHW) -> SizeHW:
    """Size of the grid that a photo's parts are cut off on."""
    scale = min(1.0, GRID_PX / max(size_hw))
    return max(1, round(size_hw[0] * scale)), max(1, round(size_hw[1] * scale))


def on_grid(region: Mask, grid_hw: SizeHW) -> Mask:
    """A region on that grid."""
    return cv2.resize(region.astype(np.float32), grid_hw[::-1], interpolation=cv2.INTER_AREA) >= 0.5


def snapped(grid: Mask, point: PointYX, size_hw: SizeHW) -> PointYX | None:
    """The region's place nearest to a point, unless that is far away."""
    row = min(grid.shape[0] - 1, point[0] * grid.shape[0] // size_hw[0])
    column = min(grid.shape[1] - 1, point[1] * grid.shape[1] // size_hw[1])
    if grid[row, column]:
        return row, column
    rows, columns = np.nonzero(grid)
    if not len(rows):
        return None
    away = np.hypot(rows - row, columns - column)
    nearest = int(away.argmin())
    return (int(rows[nearest]), int(columns[nearest])) if away[nearest] <= _NEAR * max(grid.shape) else None


def _without_crumbs(region: Mask) -> Mask:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(region.astype(np.uint8), connectivity=8)
    if count == 1:
        return region
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    return np.asarray((areas >= _CRUMB * areas.max())[labels])


def spread(region: Mask, left: Mask, size_hw: SizeHW) -> Array:
    """Each place outside the region follows the nearest one in it, so that only cuts bound soft edges."""
    _, nearest = cv2.distanceTransformWithLabels(
        (~region).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    of_index = np.zeros(int(nearest.max()) + 1, np.float32)
    of_index[nearest[region]] = left[region]
    return np.asarray(
        np.clip(cv2.resize(of_index[nearest], size_hw[::-1], interpolation=cv2.INTER_LINEAR), 0, 1), np.float32
    )

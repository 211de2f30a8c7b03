"""The shadow that a product on the ground throws.

An area light is a disc of directions. For each of some directions the product's slices are pushed along the ground by
their height and united; the mean over all directions is how much of the key each ground point misses, so the penumbra
grows with height by itself. `services/evaluation/truth/shadows.py` traces rays to compare with.
"""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.camera import Camera
from services.common.deadline import Deadline
from services.common.geometry import Box, SizeHW
from services.common.light import Light
from services.common.pose import Pose
from services.postprocess.base import Base, find_base
from services.postprocess.directions import light_offsets, mean_spacing
from services.postprocess.ground import GroundView, array_to_canvas, grid_to_plane
from services.postprocess.hull import Slice, level_silhouette, lying_slices, lying_thickness
from services.postprocess.product import Product

#: The deadline is looked at once per this many directions.
_CHECK_EVERY: Final = 8

_SILHOUETTE_PX: Final = 320
_GRID_CELLS: Final = 448
#: A product's shorter side is seen as at least so many pixels, and as this share of the longer one.
_LEAST_SIDE_PX: Final = 4
_LEAST_SIDE: Final = 1 / 64
_LEAST_LEVELS: Final = 12
#: How far neighbouring levels are moved apart, at least and at most: never more than they are deep, or light would
#: show between them.
_STEP_CELLS: Final = (1.5, 6.0)
#: Outlines are blurred by this share of the distance between neighbouring directions, so that no steps show.
_SMOOTHING: Final = 0.35


def cast_occlusion(
    product: Product,
    camera: Camera,
    light: Light,
    pose: Pose,
    deadline: Deadline,
    depth_ratio: float | None = None,
) -> tuple[NDArray[np.float32], Box]:
    """How much of the key light each ground point misses.

    Args:
        product: On the canvas.
        camera: The canvas' camera.
        light: Direction and size of the key.
        pose: STANDING or LYING.
        deadline: Looked at between steps.
        depth_ratio: A standing product's depth relative to its width, where it is known.

    Raises:
        Cancelled, DeadlineExceeded: The shadow is no longer wanted.

    Returns:
        (H, W) float32, 0 to 1, and where on the canvas; outside it nothing is missed.
    """
    offsets, weights = light_offsets(light)
    alpha, box = _seizable(product.coverage(), product.box)
    alpha = _reduced(alpha)
    longest = float(np.hypot(offsets[:, 0], offsets[:, 1]).max())
    if pose is Pose.LYING:
        view = GroundView.onto(camera, box)
        size = float(np.ptp(view.reach_of(box), axis=0).max())
        cell = (size + lying_thickness(box) * longest) / _GRID_CELLS
        slices = lying_slices(alpha, view, box, cell)
    else:
        view, base = _standing(alpha, box, camera, depth_ratio)
        silhouette = level_silhouette(alpha, base, view, box)
        offsets = offsets * _kept_before_camera(offsets, silhouette.height, view)
        longest = float(np.hypot(offsets[:, 0], offsets[:, 1]).max())
        shift = silhouette.height * longest
        cell = max(1.0, (2 * silhouette.reach + shift) / _GRID_CELLS)
        step = min(_STEP_CELLS[1], max(_STEP_CELLS[0], silhouette.depth_ratio * base.half_width / 2))
        levels = max(_LEAST_LEVELS, math.ceil(shift / cell / step))
        slices = _carved(silhouette.slices(levels, cell, step), alpha, box, view, cell)
    if not slices:
        return np.zeros((0, 0), np.float32), Box(0, 0, 0, 0)
    spacing = mean_spacing(offsets) / cell
    soft = [part.softened(_SMOOTHING * spacing * part.height) for part in slices]
    missed, row, column = _united(soft, offsets / cell, weights, deadline)
    return _seen(missed, (column * cell, row * cell), cell, view, camera.size_hw)


def _carved(slices: list[Slice], alpha: NDArray[np.float32], box: Box, view: GroundView, cell: float) -> list[Slice]:
    from_canvas = np.asarray(np.linalg.inv(array_to_canvas(alpha.shape, box)), np.float64)
    eight_bit = np.asarray(np.round(alpha * 255), np.uint8)
    return [part.carved(eight_bit, from_canvas, view, cell) for part in slices]


def _standing(
    alpha: NDArray[np.float32], box: Box, camera: Camera, depth_ratio: float | None
) -> tuple[GroundView, Base]:
    """The footprint in the array's pixels, and the camera's view of its middle."""
    coarse = GroundView(camera, camera.foot_yx)
    # The array may be coarser than the canvas.
    nearing = coarse.nearing * box.width / alpha.shape[1]
    base = find_base(alpha > 0.5 * alpha.max(), coarse.depth_px, nearing, depth_ratio)
    row = box.top + base.foot_yx[0] * box.height / alpha.shape[0]
    column = box.left + base.foot_yx[1] * box.width / alpha.shape[1]
    return GroundView(camera, (row, column)), base


def _seizable(alpha: NDArray[np.float32], box: Box) -> tuple[NDArray[np.float32], Box]:
    """The product and its box, thickened where it is a mere line, which would fall between the cells of a grid."""
    least = max(_LEAST_SIDE_PX, math.ceil(_LEAST_SIDE * max(box.height, box.width)))
    if min(box.height, box.width) >= least:
        return alpha, box
    height, width = max(box.height, least), max(box.width, least)
    thick = cv2.resize(alpha, (width, height), interpolation=cv2.INTER_NEAREST).astype(np.float32, copy=False)
    return thick, Box(box.bottom - height, box.left - (width - box.width) // 2, height, width)


def _reduced(alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    scale = _SILHOUETTE_PX / max(alpha.shape)
    if scale >= 1:
        return alpha
    size_wh = (max(1, round(alpha.shape[1] * scale)), max(1, round(alpha.shape[0] * scale)))
    return cv2.resize(alpha, size_wh, interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)


def _kept_before_camera(offsets: NDArray[np.float64], height: float, view: GroundView) -> NDArray[np.float64]:
    """(count, 1) factors up to 1 that end a shadow falling towards the camera before it reaches it."""
    nearest = np.minimum(offsets[:, 1:] * height, -1e-6)
    return np.minimum(1, view.near_limit_px / nearest)


def _united(
    slices: list[Slice], offsets: NDArray[np.float64], weights: NDArray[np.float64], deadline: Deadline
) -> tuple[NDArray[np.float32], int, int]:
    """Mean over all directions of the union of all slices, each moved by its height.

    Returns:
        (H, W) float32, 0 to 1, and the row and column of its first cell.
    """
    heights = np.array([part.height for part in slices])
    moves = np.round(heights[None, :, None] * offsets[:, None, :]).astype(int)
    starts = np.array([(part.column, part.row) for part in slices]) + moves
    ends = starts + np.array([part.mask.shape[::-1] for part in slices])
    left, top = starts.min(axis=(0, 1)) - 1
    right, bottom = ends.max(axis=(0, 1)) + 1
    total = np.zeros((bottom - top, right - left), np.float32)
    for direction, weight in enumerate(weights):
        if direction % _CHECK_EVERY == 0:
            deadline.check()
        blocked = np.zeros(total.shape, np.uint8)
        for part, (column, row) in zip(slices, starts[direction] - (left, top), strict=True):
            target = blocked[row : row + part.mask.shape[0], column : column + part.mask.shape[1]]
            np.maximum(target, part.mask, out=target)
        total += blocked * np.float32(weight / 255)
    return total, int(top), int(left)


def _seen(
    ground: NDArray[np.float32], origin: tuple[float, float], cell: float, view: GroundView, size_hw: SizeHW
) -> tuple[NDArray[np.float32], Box]:
    """A map of the ground as the camera sees it, and where on the canvas that is."""
    height, width = ground.shape
    to_canvas = view.ground_to_canvas()
    near = max(origin[1], view.near_limit_px)
    x, z = np.array([origin[0], origin[0] + width * cell]), np.array([near, origin[1] + height * cell])
    corners = np.array([[x[0], z[0]], [x[1], z[0]], [x[0], z[1]], [x[1], z[1]]])
    reach = cv2.perspectiveTransform(corners[None], to_canvas)[0]
    left, top = np.floor(reach.min(axis=0)).astype(int)
    right, bottom = np.ceil(reach.max(axis=0)).astype(int)
    box = Box(int(top), int(left), int(bottom - top), int(right - left)).clipped(size_hw)
    if box.height == 0 or box.width == 0:
        return np.zeros((0, 0), np.float32), Box(0, 0, 0, 0)
    to_box = np.linalg.inv(grid_to_plane((box.left, box.top), 1.0)) @ to_canvas @ grid_to_plane(origin, cell)
    seen = cv2.warpPerspective(ground, to_box, (box.width, box.height), flags=cv2.INTER_LINEAR)
    return np.clip(seen, 0, 1).astype(np.float32, copy=False), box

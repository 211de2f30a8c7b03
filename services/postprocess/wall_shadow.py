"""The shadow that a hanging product throws on the wall behind it.

The product is taken as a flat thing at several distances from the wall at once, near at its edges and farther at its
front. An area light moves the silhouette by that distance along every one of its directions; the mean of the copies'
unions over the directions is how much of the key each place on the wall misses, and the penumbra comes by itself.
"""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.deadline import Deadline
from services.common.geometry import Box, SizeHW
from services.common.light import Light
from services.postprocess.directions import light_rays
from services.postprocess.product import Product

#: Distances of the product's back and front from the wall, relative to its longer side: clothes on a hanger.
NEAR: Final = 0.025
FAR: Final = 0.075
DIRECTIONS: Final = 48
_LEVELS: Final = 10
#: The silhouette is worked on at most this large.
_SILHOUETTE_PX: Final = 360
#: Smoothing of each copy, as a share of the distance between neighbouring directions' copies.
_SMOOTHING: Final = 1.0


def wall_occlusion(
    product: Product, light: Light, size_hw: SizeHW, deadline: Deadline
) -> tuple[NDArray[np.float32], Box]:
    """How much of the key light each place on the wall misses.

    Args:
        product: On the canvas, hanging before a wall that faces the camera.
        light: Taken on the camera's side of the wall, see `Light.before_the_wall`.
        size_hw: Of the canvas.
        deadline: Looked at between steps.

    Raises:
        Cancelled, DeadlineExceeded: The shadow is no longer wanted.

    Returns:
        (H, W) float32, 0 to 1, and where on the canvas; outside it nothing is missed.
    """
    size_px = max(product.box.height, product.box.width)
    shrink = min(1.0, _SILHOUETTE_PX / size_px)
    shape = max(1, round(product.box.height * shrink)), max(1, round(product.box.width * shrink))
    alpha = cv2.resize(product.coverage(), shape[::-1], interpolation=cv2.INTER_AREA)
    moves, weights = wall_offsets(light)
    reach = math.ceil(float(np.abs(moves).max()) * FAR * size_px * shrink) + 3
    padded = np.pad(np.asarray(alpha, np.float32), reach)
    spread = 2 * math.tan(math.radians(light.radius_deg)) / math.sqrt(DIRECTIONS)
    missed = np.zeros_like(padded)
    copies = []
    for level in range(_LEVELS):
        away = (NEAR + (FAR - NEAR) * level / (_LEVELS - 1)) * size_px * shrink
        sigma = max(0.4, _SMOOTHING * spread * away)
        copies.append((away, cv2.GaussianBlur(padded, (0, 0), sigma)))
    for move, weight in zip(moves, weights, strict=True):
        deadline.check()
        blocked = np.zeros_like(padded)
        for away, copy in copies:
            shift = np.array([[1, 0, move[0] * away], [0, 1, move[1] * away]])
            moved = cv2.warpAffine(copy, shift, padded.shape[::-1], flags=cv2.INTER_LINEAR)
            np.maximum(blocked, moved, out=blocked)
        missed += np.float32(weight) * blocked
    return _on_canvas(missed, reach, product.box, size_hw, shape)


def wall_offsets(light: Light, count: int = DIRECTIONS) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where the shadow of a point at distance 1 from the wall falls, for directions spread over the light's disc.

    As `light_offsets` of `postprocess/directions.py`, for an upright plane.

    Returns:
        (count, 2) float64 offsets (right, down) and (count,) float64 weights that add up to 1.
    """
    rays = light_rays(light.before_the_wall(), count)
    # A steep light is held off the wall, so that no shadow is much longer than twice the distance.
    facing = np.maximum(-rays[:, 2], 0.45)
    return np.stack([-rays[:, 0], rays[:, 1]], 1) / facing[:, None], facing / facing.sum()


def _on_canvas(
    missed: NDArray[np.float32], reach: int, box: Box, size_hw: SizeHW, shape: tuple[int, int]
) -> tuple[NDArray[np.float32], Box]:
    """The map enlarged to canvas pixels, clipped to the canvas."""
    down, across = box.height / shape[0], box.width / shape[1]
    whole = Box(
        round(box.top - reach * down),
        round(box.left - reach * across),
        max(1, round(missed.shape[0] * down)),
        max(1, round(missed.shape[1] * across)),
    )
    seen = cv2.resize(missed, (whole.width, whole.height), interpolation=cv2.INTER_LINEAR)
    clipped = whole.clipped(size_hw)
    return np.clip(seen[clipped.within(whole).slices()], 0, 1).astype(np.float32), clipped

"""Backgrounds drawn from numbers: what a photo is taken before, and what a fake generator invents.

All are (H, W, 3) float32 in linear light, 0 to 1, and depend on their seed alone.
"""

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.geometry import SizeHW
from services.common.srgb import decode

Array = NDArray[np.float32]
RGB = tuple[float, float, float]


def plain(size_hw: SizeHW, color: RGB) -> Array:
    """One colour (sRGB, 0 to 1)."""
    return np.broadcast_to(_linear(color), (*size_hw, 3)).copy()


def studio(size_hw: SizeHW, color: RGB, seed: int) -> Array:
    """Paper under a lamp: brightest somewhere above the middle, falling off to the corners, never in steps."""
    rng = np.random.default_rng(seed)
    x, y = _unit_grid(size_hw)
    center_x, center_y = rng.uniform(0.35, 0.65), rng.uniform(0.2, 0.5)
    away = np.hypot(x - center_x, y - center_y)
    light = 1.05 - rng.uniform(0.15, 0.35) * away * away + rng.uniform(-0.06, 0.06) * (x - 0.5)
    return np.asarray(plain(size_hw, color) * light[..., None], np.float32).clip(0, 1)


def gradient(size_hw: SizeHW, color: RGB, seed: int) -> Array:
    """From one colour to another near it, along some direction."""
    rng = np.random.default_rng(seed)
    other = tuple(float(np.clip(value + rng.uniform(-0.2, 0.1), 0.05, 0.95)) for value in color)
    turn = rng.uniform(0, 2 * np.pi)
    x, y = _unit_grid(size_hw)
    share = np.clip(0.5 + np.cos(turn) * (x - 0.5) + np.sin(turn) * (y - 0.5), 0, 1)[..., None]
    return np.asarray((1 - share) * _linear(color) + share * _linear((other[0], other[1], other[2])), np.float32)


def octaves(size_hw: SizeHW, color: RGB, seed: int, contrast: float = 0.12) -> Array:
    """Cloudy noise of several sizes, from a quarter of the picture down to eight pixels.

    Args:
        size_hw: The picture's size.
        color: Its mean (sRGB).
        seed: Decides the clouds.
        contrast: Relative standard deviation.
    """
    rng = np.random.default_rng(seed)
    height, width = size_hw
    clouds = np.zeros(size_hw, np.float32)
    cell = max(size_hw) / 4
    while cell >= 8:
        coarse = rng.normal(size=(int(height / cell) + 3, int(width / cell) + 3)).astype(np.float32)
        full = cv2.resize(coarse, None, fx=cell, fy=cell, interpolation=cv2.INTER_CUBIC)
        clouds += full[:height, :width] * np.float32(cell / max(size_hw))
        cell /= 2
    clouds /= max(float(clouds.std()), 1e-6)
    return np.asarray(plain(size_hw, color) * (1 + contrast * clouds[..., None]), np.float32).clip(0, 1)


def brick(size_hw: SizeHW, color: RGB, seed: int) -> Array:
    """A wall of bricks with lighter joints: edges everywhere, none of them the product's."""
    rng = np.random.default_rng(seed)
    height, width = size_hw
    course, length, joint = max(size_hw) / 14, max(size_hw) / 6, max(1.5, max(size_hw) / 200)
    x, y = np.arange(width)[None, :] + 0.5, np.arange(height)[:, None] + 0.5
    row = np.floor(y / course).astype(int)
    shifted = x + length / 2 * (row % 2)
    column = np.floor(shifted / length).astype(int)
    tone = rng.uniform(0.75, 1.15, (row.max() + 1, column.max() + 1))[row, column]
    edge = np.minimum(
        np.minimum(y % course, course - y % course), np.minimum(shifted % length, length - shifted % length)
    )
    mortar = np.clip(joint / 2 - edge + 0.5, 0, 1)[..., None]
    wall = plain(size_hw, color) * tone[..., None].astype(np.float32)
    return np.asarray((1 - mortar) * wall + mortar * _linear((0.78, 0.76, 0.72)), np.float32).clip(0, 1)


Backdrop = Callable[[SizeHW, RGB, int], Array]
BACKDROPS: Final[dict[str, Backdrop]] = {"studio": studio, "gradient": gradient, "octaves": octaves, "brick": brick}


def _unit_grid(size_hw: SizeHW) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    height, width = size_hw
    y, x = np.mgrid[:height, :width] + 0.5
    return x / width, y / height


def _linear(color: RGB) -> Array:
    return decode(np.array(color, np.float32))

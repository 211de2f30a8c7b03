"""Defocus as a lens makes it: every point becomes a disc, in linear light."""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

#: Below this radius, in pixels, a disc is a point.
SHARP_PX: Final = 0.35
#: Larger discs are drawn at a lower resolution.
MAX_KERNEL_PX: Final = 7.0
#: Growth from one prepared radius to the next, in `blur_rows`.
STEP: Final = 1.4


def disc_kernel(radius_px: float, rim: float = 0.0) -> NDArray[np.float32]:
    """A disc with a soft border of one pixel.

    Args:
        radius_px: Its radius.
        rim: How much brighter its border is than its middle, as lenses that correct spherical aberration too far show.

    Returns:
        (N, N) float32 that sums to 1.
    """
    reach = math.ceil(radius_px + 0.5)
    line = np.arange(-reach, reach + 1, dtype=np.float32)
    distance = np.hypot(line[:, None], line[None, :])
    kernel = np.clip(radius_px + 0.5 - distance, 0, 1)
    kernel *= 1 + rim * np.clip(distance / max(radius_px, 1e-3), 0, 1) ** 4
    return np.asarray(kernel / kernel.sum(), np.float32)


def blur_disc(image: NDArray[np.float32], radius_px: float, rim: float = 0.0) -> NDArray[np.float32]:
    """Blur evenly by a disc. Beyond its borders the image is taken as mirrored, so no energy is lost.

    Args:
        image: (H, W) or (H, W, C) float32, linear light.
        radius_px: Of the disc.
        rim: See `disc_kernel`.
    """
    if radius_px < SHARP_PX:
        return image
    height, width = image.shape[:2]
    factor = max(1, math.ceil(radius_px / MAX_KERNEL_PX))
    factor = max(1, min(factor, height // 4, width // 4))
    if factor == 1:
        seen = cv2.filter2D(image, -1, disc_kernel(radius_px, rim), borderType=cv2.BORDER_REFLECT)
        return np.asarray(seen, np.float32).reshape(image.shape)  # OpenCV drops a single channel's axis
    small = cv2.resize(image, (math.ceil(width / factor), math.ceil(height / factor)), interpolation=cv2.INTER_AREA)
    small = cv2.filter2D(small, -1, disc_kernel(radius_px / factor, rim), borderType=cv2.BORDER_REFLECT)
    seen = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(seen, np.float32).reshape(image.shape)


def blur_rows(image: NDArray[np.float32], radius_px: NDArray[np.float32]) -> NDArray[np.float32]:
    """Blur every row by its own disc, as a level surface seen from the side needs.

    The image is blurred at steps of growing radius, each where rows ask for it; a row mixes the two nearest.

    Args:
        image: (H, W, C) float32, linear light; premultiplied where the last channel is coverage.
        radius_px: (H,) float32.
    """
    position = np.log(np.maximum(radius_px, SHARP_PX) / SHARP_PX) / math.log(STEP)
    result = np.zeros_like(image)
    for index in range(int(position.max()) + 2):
        weight = np.clip(1 - np.abs(position - index), 0, 1)
        radius = SHARP_PX * STEP**index if index else 0.0
        for first, end in _runs(weight > 0):
            halo = math.ceil(radius) + 2
            top, bottom = max(0, first - halo), min(len(weight), end + halo)
            blurred = blur_disc(image[top:bottom], radius)[first - top : end - top]
            result[first:end] += blurred * weight[first:end, None, None].astype(np.float32)
    return result


def _runs(wanted: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First (inclusive) and last (exclusive) index of each run of true values."""
    steps = np.flatnonzero(np.diff(np.concatenate([[False], wanted, [False]]).astype(np.int8)))
    return [(int(first), int(end)) for first, end in zip(steps[::2], steps[1::2], strict=True)]

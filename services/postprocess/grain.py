"""Grain: how noisy a picture is, and as much noise again.

A rendered background is smoother than a photo, and a product cut from a grainy photo then looks pasted.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.srgb import LUMINANCE
from services.postprocess.product import Product

#: Side of the blocks that noise is measured on, and how many are enough.
_BLOCK_PX: Final = 8
_LEAST_BLOCKS: Final = 12
#: The flattest share of blocks is taken to hold noise alone.
_FLATTEST: Final = 0.25
#: Light this near to black or white is clipped, and with it the noise.
_CLIPPED: Final = 6
#: Responds to noise and neither to flats nor to slopes; noise of 1 becomes 6 (Immerkær, "Fast Noise Variance
#: Estimation", 1996).
_NOISE_KERNEL: Final = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_MEAN_ABSOLUTE: Final = float(np.sqrt(np.pi / 2) / 6)
#: Most that is added, of 255: what cloth has of its own weave must not become a coarse wall.
MAX_GRAIN: Final = 2.0
#: Less than this nobody sees.
LEAST_GRAIN: Final = 0.4
#: Grain fades out over so many levels towards white and black, whose pixels stay clean.
_FADE: Final = 16


def noise_level(image: NDArray[np.uint8], mask: NDArray[np.bool_]) -> float:
    """Standard deviation of the luminance noise, in levels of 255, on the flattest blocks of a region.

    Args:
        image: (H, W, 3) uint8 sRGB.
        mask: (H, W) bool, the region.

    Returns:
        0 where the region holds too few blocks that are neither black nor white.
    """
    gray = np.asarray(image @ LUMINANCE, np.float32)
    response = np.abs(cv2.filter2D(gray, cv2.CV_32F, _NOISE_KERNEL, borderType=cv2.BORDER_REFLECT_101))
    usable = mask & (gray > _CLIPPED) & (gray < 255 - _CLIPPED)
    rows, columns = (side // _BLOCK_PX * _BLOCK_PX for side in gray.shape)
    whole = _blocks(usable[:rows, :columns]).all(axis=(1, 3))
    if whole.sum() < _LEAST_BLOCKS:
        return 0.0
    levels = _blocks(response[:rows, :columns]).mean(axis=(1, 3))[whole]
    return float(np.quantile(levels, _FLATTEST)) * _MEAN_ABSOLUTE


def add_noise(image: NDArray[np.uint8], level: float, seed: int) -> NDArray[np.uint8]:
    """The picture with luminance noise; the same seed gives the same bytes.

    Args:
        image: (H, W, 3) uint8 sRGB.
        level: Standard deviation in mid tones, in levels of 255; black and white stay as they are.
        seed: uint32.
    """
    noise = np.random.default_rng(seed).standard_normal(image.shape[:2], np.float32) * np.float32(level)
    luminance = np.asarray(image @ LUMINANCE, np.float32)
    noise *= np.clip(np.minimum(luminance, 255 - luminance) / np.float32(_FADE), 0, 1)
    return np.asarray(np.clip(np.round(image + noise[..., None]), 0, 255), np.uint8)


def grained(background: NDArray[np.uint8], product: Product, photo: NDArray[np.uint8], seed: int) -> NDArray[np.uint8]:
    """The background with the photo's grain, where it is smoother; never grainier than the photo.

    The photo's noise is what both the placed product and the photo as a whole show on their flattest parts: cloth has
    a weave of its own, and a smoothed backdrop tells nothing of the product.

    Args:
        background: (H, W, 3) uint8 sRGB; not written to.
        product: As it lies on the canvas.
        photo: (H, W, 3) uint8 sRGB.
        seed: uint32.

    Returns:
        (H, W, 3) uint8 sRGB; the same object where it has grain enough.
    """
    wanted = noise_level(product.color, product.core)
    if wanted < LEAST_GRAIN:
        return background
    wanted = min(wanted, MAX_GRAIN, noise_level(photo, np.ones(photo.shape[:2], np.bool_)))
    level = noise_level(background, np.ones(background.shape[:2], np.bool_))
    missing = max(0.0, wanted**2 - level**2) ** 0.5
    return background if missing < LEAST_GRAIN else add_noise(background, missing, seed)


def _blocks(values: NDArray[np.generic]) -> NDArray[np.generic]:
    height, width = values.shape
    return values.reshape(height // _BLOCK_PX, _BLOCK_PX, width // _BLOCK_PX, _BLOCK_PX)

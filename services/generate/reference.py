"""A caller's reference picture as the background, in place of a plate."""

import cv2
import numpy as np
from numpy.typing import NDArray

from services.generate.upscale.enlargement import Enlarge, as_it_is


def fit_reference(image: NDArray[np.uint8], size_hw: tuple[int, int], enlarge: Enlarge = as_it_is) -> NDArray[np.uint8]:
    """Scale a picture until it covers the size, and take its middle.

    Args:
        image: (h, w, 3) uint8 sRGB of any size.
        size_hw: Height and width wanted.
        enlarge: Used where the picture is smaller.

    Returns:
        (H, W, 3) uint8 sRGB.
    """
    height, width = size_hw
    scale = max(height / image.shape[0], width / image.shape[1])
    inside_h, inside_w = min(image.shape[0], round(height / scale)), min(image.shape[1], round(width / scale))
    top, left = (image.shape[0] - inside_h) // 2, (image.shape[1] - inside_w) // 2
    middle = enlarge(image[top : top + inside_h, left : left + inside_w], size_hw)
    if middle.shape[:2] == size_hw:
        return middle
    method = cv2.INTER_AREA if middle.shape[0] > height else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(middle, (width, height), interpolation=method), np.uint8)

"""How wide a strap looks in a picture, against how wide it is known to be."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.evaluation.truth.strap import Strap

Array = NDArray[np.float32]

#: Steps along a normal, in pixels.
_STEP: Final = 0.1
#: How far beyond the strap's edge coverage is summed up, on either side, in pixels.
BEYOND: Final = 7.0


def seen_coverage(picture: Array, foreground: Array, background: Array) -> Array:
    """How much of each pixel shows the product, by where its light lies between background and product.

    Args:
        picture: (H, W, 3) float32 linear.
        foreground, background: Like it, each told everywhere.

    Returns:
        (H, W) float32; 0 = background, 1 = product, beyond both where the light lies beyond.
    """
    span = foreground - background
    along = ((picture - background) * span).sum(axis=2)
    return np.asarray(along / np.maximum((span * span).sum(axis=2), np.float32(1e-4)), np.float32)


def widths(coverage: Array, strap: Strap, beyond: float = BEYOND) -> NDArray[np.float64]:
    """(M,) the strap's width at points of its middle line: coverage summed up along the normal there, in pixels.

    Args:
        coverage: (H, W) float32.
        strap: Where to look.
        beyond: How far beyond its edges.
    """
    points, normals = strap.stations()
    reach = strap.width_px / 2 + beyond
    offsets = np.arange(-reach, reach + _STEP / 2, _STEP)
    at = points[:, None, :] + offsets[None, :, None] * normals[:, None, :]
    # Pixel middles are at halves here, at whole numbers in OpenCV.
    x, y = (np.asarray(at[..., axis] - 0.5, np.float32) for axis in (0, 1))
    profile = cv2.remap(coverage, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(profile.sum(axis=1, dtype=np.float64) * _STEP)


def width_errors(coverage: Array, straps: tuple[Strap, ...], beyond: float = BEYOND) -> list[float]:
    """For each strap how much wider it is than its true width, in pixels: the mean along it; negative = thinner."""
    return [float(widths(coverage, strap, beyond).mean()) - strap.width_px for strap in straps]

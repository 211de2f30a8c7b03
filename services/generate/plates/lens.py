"""What the lens itself adds: veiling glare around bright areas and a darker margin."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

#: Share of the light that strays inside the lens, and how far, as shares of the picture's height.
GLARE: Final = ((0.035, 0.02), (0.03, 0.12))
#: Loss in the corners; a good lens, a stop from fully open.
FALLOFF: Final = 0.13


def through_lens(radiance: NDArray[np.float32]) -> NDArray[np.float32]:
    """The picture with glare and vignette, in linear light.

    Args:
        radiance: (H, W, 3) float32.
    """
    height, width = radiance.shape[:2]
    share = min(1.0, 160 / max(height, width))
    size = max(2, round(width * share)), max(2, round(height * share))
    small = cv2.resize(radiance, size, interpolation=cv2.INTER_AREA)
    veil = np.zeros((size[1], size[0], 3), np.float32)
    for weight, reach in GLARE:
        spread = cv2.GaussianBlur(small, (0, 0), max(0.5, reach * size[1]), borderType=cv2.BORDER_REFLECT)
        veil += np.asarray(spread, np.float32) * np.float32(weight)
    down = np.linspace(-1, 1, size[1], dtype=np.float32)[:, None] * np.float32(height)
    across = np.linspace(-1, 1, size[0], dtype=np.float32)[None, :] * np.float32(width)
    vignette = 1 - FALLOFF * (down**2 + across**2) / np.float32(height**2 + width**2)
    kept = 1 - sum(weight for weight, _ in GLARE)
    gain = cv2.resize(vignette * kept, (width, height), interpolation=cv2.INTER_LINEAR)
    seen = radiance * np.asarray(gain, np.float32)[..., None]
    seen += np.asarray(
        cv2.resize(veil * vignette[..., None], (width, height), interpolation=cv2.INTER_LINEAR), np.float32
    )
    return seen

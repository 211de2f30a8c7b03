"""From linear light to sRGB: exposure, a film-like shoulder, grain."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.srgb import encode

#: Linear value that becomes pure white.
WHITE: Final = 10.0
#: Up to here tones stay as they are.
KNEE: Final = 0.72
#: Grain that hides banding even where none is wanted, in 8-bit steps.
DITHER: Final = 0.45
#: Pixels worked on at once, few enough for the processor's cache.
STRIP_PX: Final = 1 << 17
_LUT_SIZE: Final = 1 << 14


def shoulder(linear: NDArray[np.float32]) -> NDArray[np.float32]:
    """Roll highlights off: the identity up to `KNEE`, from there a smooth curve that reaches 1 at `WHITE`."""
    over = np.maximum(linear - KNEE, 0) / (1 - KNEE)
    reach = (WHITE - KNEE) / (1 - KNEE)
    # Extended Reinhard (Reinhard et al. 2002, eq. 4): slope 1 at 0, value 1 at `reach`.
    rolled = KNEE + (1 - KNEE) * over * (1 + over / reach**2) / (1 + over)
    return np.asarray(np.clip(np.where(linear > KNEE, rolled, linear), 0, 1), np.float32)


def develop(linear: NDArray[np.float32], exposure: float, grain: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Finish a picture.

    Args:
        linear: (H, W, 3) float32 scene radiance; 1 = a white card in full light.
        exposure: Factor on it.
        grain: Standard deviation of the luminance grain in middle grey, in 8-bit steps; `DITHER` comes on top.
        rng: For the grain.

    Returns:
        (H, W, 3) uint8 sRGB.
    """
    # A table over the square root keeps its steps fine in the shadows, where the curve is steep.
    nodes = (np.arange(_LUT_SIZE, dtype=np.float32) / (_LUT_SIZE - 1)) ** 2 * WHITE
    table = encode(shoulder(nodes.astype(np.float32))) * 255
    noise = _grain(linear.shape[0], linear.shape[1], rng)
    finished = np.empty(linear.shape, np.uint8)
    step = max(1, STRIP_PX // linear.shape[1])
    for first in range(0, linear.shape[0], step):
        rows = slice(first, first + step)
        scaled = np.clip(linear[rows] * np.float32(exposure / WHITE), 0, 1)
        index = (np.sqrt(scaled) * np.float32(_LUT_SIZE - 1) + np.float32(0.5)).astype(np.uint16)
        encoded = np.take(table, index)
        middle = encoded[..., 1] / np.float32(255)
        encoded += (noise[rows] * (DITHER + grain * 4 * middle * (1 - middle)))[..., None]
        finished[rows] = np.clip(np.round(encoded), 0, 255)
    return finished


def _grain(height: int, width: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """(H, W) grain of standard deviation 1, slightly coarser than a pixel, as an interpolated sensor image has it."""
    noise = rng.standard_normal((height, width), np.float32)
    soft = cv2.GaussianBlur(noise, (3, 3), 0.6)
    return np.asarray(soft * np.float32(1 / 0.58), np.float32)

"""From linear light to sRGB: exposure, a film-like shoulder, grain."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

#: Linear value that becomes pure white.
WHITE: Final = 10.0
#: Up to here tones stay as they are.
KNEE: Final = 0.72
_LUT_SIZE: Final = 1 << 14


def shoulder(linear: NDArray[np.float32]) -> NDArray[np.float32]:
    """Roll highlights off: the identity up to `KNEE`, from there a smooth curve that reaches 1 at `WHITE`."""
    over = np.maximum(linear - KNEE, 0) / (1 - KNEE)
    reach = (WHITE - KNEE) / (1 - KNEE)
    # Extended Reinhard (Reinhard et al. 2002, eq. 4): slope 1 at 0, value 1 at `reach`.
    rolled = KNEE + (1 - KNEE) * over * (1 + over / reach**2) / (1 + over)
    return np.asarray(np.clip(np.where(linear > KNEE, rolled, linear), 0, 1), np.float32)


def encode_srgb(linear: NDArray[np.float32]) -> NDArray[np.float32]:
    """Linear [0, 1] to sRGB [0, 1] (IEC 61966-2-1)."""
    low = linear * 12.92
    high = 1.055 * np.maximum(linear, 1e-6) ** (1 / 2.4) - 0.055
    return np.asarray(np.where(linear <= 0.0031308, low, high), np.float32)


def decode_srgb(encoded: NDArray[np.float32]) -> NDArray[np.float32]:
    """sRGB [0, 1] to linear [0, 1]."""
    return np.asarray(np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4), np.float32)


def develop(linear: NDArray[np.float32], exposure: float, grain: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Finish a picture.

    Args:
        linear: (H, W, 3) float32 scene radiance; 1 = a white card in full light.
        exposure: Factor on it.
        grain: Standard deviation of the luminance grain in middle grey, in 8-bit steps; at least 0.4 hides banding.
        rng: For the grain.

    Returns:
        (H, W, 3) uint8 sRGB.
    """
    # A table over the square root keeps its steps fine in the shadows, where the curve is steep.
    nodes = (np.arange(_LUT_SIZE, dtype=np.float32) / (_LUT_SIZE - 1)) ** 2 * WHITE
    table = encode_srgb(shoulder(nodes.astype(np.float32))) * 255
    scaled = np.clip(linear * np.float32(exposure / WHITE), 0, 1)
    index = np.sqrt(scaled) * np.float32(_LUT_SIZE - 1) + np.float32(0.5)
    encoded = np.take(table, index.astype(np.uint16))
    noise = _grain(linear.shape[0], linear.shape[1], rng)
    middle = encoded[..., 1] / 255
    strength = 0.45 + grain * 4 * middle * (1 - middle)
    encoded += (noise * strength)[..., None]
    return np.asarray(np.clip(np.round(encoded), 0, 255), np.uint8)


def _grain(height: int, width: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """(H, W) grain of standard deviation 1, slightly coarser than a pixel, as an interpolated sensor image has it."""
    noise = rng.standard_normal((height, width), np.float32)
    soft = cv2.GaussianBlur(noise, (3, 3), 0.6)
    return np.asarray(soft * np.float32(1 / 0.58), np.float32)

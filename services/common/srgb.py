"""sRGB bytes to linear light and back.

The transfer curve of IEC 61966-2-1. Light adds and multiplies in linear space only; bytes are for storing.
"""

from typing import Final, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

#: Luminance weights of linear RGB (ITU-R BT.709), whose primaries sRGB shares.
LUMINANCE: Final = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)

_ENCODE_STEPS: Final = 1 << 16


Float = TypeVar("Float", np.float32, np.float64)


def decode(encoded: NDArray[Float]) -> NDArray[Float]:
    """sRGB in [0, 1] to linear light in [0, 1], of any shape."""
    high = ((encoded + 0.055) / 1.055) ** 2.4
    return np.asarray(np.where(encoded <= 0.04045, encoded / 12.92, high), encoded.dtype)


def encode(linear: NDArray[Float]) -> NDArray[Float]:
    """Linear light in [0, 1] to sRGB in [0, 1], of any shape."""
    high = 1.055 * np.maximum(linear, 0) ** (1 / 2.4) - 0.055
    return np.asarray(np.where(linear <= 0.0031308, linear * 12.92, high), linear.dtype)


_TO_LINEAR: Final = decode(np.arange(256) / 255).astype(np.float32)
# The darkest two bytes lie 20 steps apart, so every byte survives the way there and back.
_TO_BYTE: Final = np.round(encode(np.arange(_ENCODE_STEPS) / (_ENCODE_STEPS - 1)) * 255).astype(np.uint8)


def to_linear(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Decode sRGB bytes.

    Args:
        image: uint8 sRGB of any shape.

    Returns:
        float32 of the same shape, linear light, 0 to 1.
    """
    if image.size == 0:
        return np.empty(image.shape, np.float32)
    flat = cv2.LUT(np.ascontiguousarray(image).reshape(-1, 1), _TO_LINEAR)
    return np.asarray(flat, np.float32).reshape(image.shape)


def to_bytes(linear: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Encode linear light as sRGB bytes; the exact inverse of `to_linear` on its results.

    Args:
        linear: float32 of any shape; clipped to 0 to 1.

    Returns:
        uint8 sRGB of the same shape.
    """
    if linear.size == 0:
        return np.empty(linear.shape, np.uint8)
    # Scaled, rounded and clipped in one pass.
    flat = np.ascontiguousarray(linear, np.float32).reshape(1, -1)
    steps = cv2.addWeighted(flat, _ENCODE_STEPS - 1.0, flat, 0.0, 0.0, dtype=cv2.CV_16U)
    return np.asarray(cv2.LUT(steps, _TO_BYTE), np.uint8).reshape(linear.shape)

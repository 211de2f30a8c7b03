"""From light to a file: how product and background mix in an edge pixel, and what a camera and JPEG do to it."""

from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.srgb import decode, encode, to_bytes

Array = NDArray[np.float32]


class Blend(StrEnum):
    """Where an edge mixes: in light, as a lens does it, or in sRGB values, as most retouching and rendering does."""

    LIGHT = "light"
    ENCODED = "encoded"


def mixed(alpha: Array, foreground: Array, background: Array, blend: Blend) -> Array:
    """The product over a background, (H, W, 3) float32 linear, from (H, W) alpha and two colours like it."""
    weight = alpha[..., None]
    if blend is Blend.LIGHT:
        return np.asarray(weight * foreground + (1 - weight) * background, np.float32)
    return np.asarray(decode(weight * encode(foreground) + (1 - weight) * encode(background)), np.float32)


def developed(light: Array) -> NDArray[np.uint8]:
    """Rounded to sRGB bytes."""
    return to_bytes(light)


def worn(image: NDArray[np.uint8], sigma: float, quality: int, seed: int) -> NDArray[np.uint8]:
    """The picture with noise of that many sRGB steps, through a JPEG of that quality with halved chroma."""
    noise = np.random.default_rng(seed).normal(0, sigma, image.shape)
    noisy = np.clip(np.round(image + noise), 0, 255).astype(np.uint8)
    options = [
        cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
    ]  # fmt: skip
    _, data = cv2.imencode(".jpg", noisy[..., ::-1], options)
    return np.ascontiguousarray(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)[..., ::-1])

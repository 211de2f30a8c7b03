"""Fake generators: they draw a product into a background, each with one known fault."""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.alpha import OPAQUE
from services.common.light import Finish, Light
from services.common.srgb import to_bytes, to_linear
from services.generate.schema import GenerateResult
from services.postprocess.product import Product
from tests.support.products import bounding_box

SIZE = 160
LIGHT = Light(180.0, 50.0, 20.0, (0.6, 0.6, 0.6), (0.4, 0.4, 0.4))


def noisy_background(seed: int, size: int = SIZE) -> NDArray[np.uint8]:
    """Two colours running into each other, unlike the products' own, with soft structure and some noise."""
    rng = np.random.default_rng(seed)
    ramp = np.linspace(0, 1, size)[None, :, None] * (40, -20, -40)
    blobs = cv2.resize(rng.normal(0, 8, (7, 7, 3)), (size, size), interpolation=cv2.INTER_CUBIC)
    return np.clip(np.array((130, 165, 190)) + ramp + blobs + rng.normal(0, 1, (size, size, 1)), 0, 255).astype(
        np.uint8
    )


def strap(width_px: float, grown_px: float = 0, size: int = SIZE) -> NDArray[np.float32]:
    """Coverage of a bent strap by the distance to its middle line; it ends inside the picture."""
    rows, columns = np.mgrid[:size, :size] + 0.5
    line = np.stack([np.linspace(0.2, 0.8, 900), 0.5 + 0.12 * np.sin(np.linspace(0, 3, 900))], 1) * size
    squared = [(rows - y) ** 2 + (columns - x) ** 2 for y, x in line[::3]]
    away = np.sqrt(np.minimum.reduce(squared))
    return np.clip((width_px + grown_px) / 2 - away + 0.5, 0, 1).astype(np.float32)


def product_with(coverage: NDArray[np.float32], color: NDArray[np.uint8] | tuple[int, int, int]) -> Product:
    """A product of that coverage on a canvas of its size; `color` one or the canvas' own."""
    box = bounding_box(coverage > 0)
    alpha = np.round(coverage[box.slices()] * OPAQUE).astype(np.uint16)
    whole = np.broadcast_to(np.asarray(color, np.uint8), (*coverage.shape, 3))
    return Product(box, alpha, whole[box.slices()].copy(), alpha == OPAQUE, "none")


def drawn(
    background: NDArray[np.uint8], coverage: NDArray[np.float32], color: NDArray[np.uint8] | tuple[int, int, int]
) -> NDArray[np.uint8]:
    """The picture of a generator that draws these colours where there is coverage."""
    light = to_linear(np.broadcast_to(np.asarray(color, np.uint8), background.shape))
    below = to_linear(background)
    return to_bytes(below + (light - below) * coverage[..., None])


def generated(picture: NDArray[np.uint8]) -> GenerateResult:
    """What the generation stage hands on, by an engine that saw the product."""
    return GenerateResult(picture, LIGHT, Finish(0.0, 1.0), "fake 1", 0.0)


def as_clean(result: GenerateResult) -> GenerateResult:
    """The same by an engine that did not."""
    return replace(result, clean=True)


def printed_cloth(seed: int, size: int = 192) -> NDArray[np.uint8]:
    """Cloth with a broad pattern, fine stripes and lettering."""
    rng = np.random.default_rng(seed)
    cloth = np.empty((size, size, 3), np.uint8)
    cloth[:] = rng.integers(90, 190, 3)
    cloth[size // 4 : size // 2] = rng.integers(60, 200, 3)
    cloth[-size // 5 :, ::4] = 60
    for row in range(24, size - 40, 28):
        ink = tuple(int(level) for level in rng.integers(20, 235, 3))
        cv2.putText(cloth, "Vitrine No. 5", (8, row), cv2.FONT_HERSHEY_SIMPLEX, 0.5, ink, 1, cv2.LINE_AA)
    return cloth


def through_a_network(picture: NDArray[np.uint8], shrink: float = 2.2, shift_px: float = 0.6) -> NDArray[np.uint8]:
    """A picture as an autoencoder gives it back: its fine detail lost, moved a little, with noise."""
    height, width = picture.shape[:2]
    small = cv2.resize(picture, (int(width / shrink), int(height / shrink)), interpolation=cv2.INTER_AREA)
    back = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    bent = columns + np.float32(shift_px) * np.sin(rows / 30)
    moved = cv2.remap(back, bent, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    noise = np.random.default_rng(3).normal(0, 1.5, moved.shape)
    return np.clip(np.round(moved + noise), 0, 255).astype(np.uint8)

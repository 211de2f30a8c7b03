"""Put the product over its background, in linear light.

The over operator on light rather than on bytes (Porter and Duff, 1984, with the transfer curve undone first): a
half-covered edge pixel then carries half the light of each side, as a lens would have mixed it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.common.alpha import OPAQUE
from services.common.geometry import Box
from services.common.srgb import to_bytes, to_linear
from services.postprocess.product import Product
from services.postprocess.shadow import Shading


@dataclass(frozen=True)
class Layer:
    """Light to lay over the background.

    Args:
        box: Where on the canvas.
        weight: (H, W) float32, 0 to 1.
        color: (H, W, 3) float32, linear light, straight.
    """

    box: Box
    weight: NDArray[np.float32]
    color: NDArray[np.float32]


def composite(
    background: NDArray[np.uint8], product: Product, shading: Shading | None = None, reflection: Layer | None = None
) -> NDArray[np.uint8]:
    """Shade the background, lay the reflection on it and the product over both.

    Pixels that nothing touches keep their bytes, and in the product's core its bytes are copied.

    Args:
        background: (H, W, 3) uint8 sRGB; not written to.
        product: Inside the background's bounds, as are the others.
        shading: The product's shadow.
        reflection: The product's mirror image.

    Returns:
        (H, W, 3) uint8 sRGB.
    """
    region = product.box
    for part in (shading, reflection):
        region = region if part is None else region.union(part.box)
    light = to_linear(background[region.slices()])
    if shading is not None:
        light[shading.box.within(region).slices()] *= shading.factor
    if reflection is not None:
        _lay_over(light[reflection.box.within(region).slices()], reflection.color, reflection.weight)
    inner = product.box.within(region).slices()
    _lay_over(light[inner], to_linear(product.color), product.coverage())
    finished = background.copy()
    finished[region.slices()] = to_bytes(light)
    finished[product.box.slices()][product.core] = product.color[product.core]
    return finished


def on_color(
    color: NDArray[np.uint8], alpha: NDArray[np.uint16], background: tuple[int, int, int]
) -> NDArray[np.uint8]:
    """A cutout on one colour.

    Args:
        color: (H, W, 3) uint8 sRGB, straight.
        alpha: (H, W) uint16.
        background: sRGB, 0 to 255.

    Returns:
        (H, W, 3) uint8 sRGB; the cutout's own bytes where alpha is full, the background's where it is 0.
    """
    height, width = alpha.shape
    product = Product(Box(0, 0, height, width), alpha, color, alpha == OPAQUE, "none")
    return composite(np.full((height, width, 3), background, np.uint8), product)


def _lay_over(below: NDArray[np.float32], color: NDArray[np.float32], weight: NDArray[np.float32]) -> None:
    """Mix `color` into `below`, in place."""
    below += (color - below) * weight[..., None]

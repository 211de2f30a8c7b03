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
        color: (H, W, 3) float32, linear light, straight; (3,) where it is one colour.
    """

    box: Box
    weight: NDArray[np.float32]
    color: NDArray[np.float32]


@dataclass(frozen=True)
class Composition:
    """A finished picture and what it is made of, from the back to the front.

    Args:
        background: (H, W, 3) uint8 sRGB, without product.
        shading: The product's shadow on it.
        reflection: The product's mirror image in it.
        product: As it was laid over them.
        picture: (H, W, 3) uint8 sRGB.
        behind: (h, w, 3) uint8 sRGB of the product's box: what it was laid over.
        lettering: Boxes of print on the canvas, whose colours no light has changed.
        words: A cover's, one over the other, behind the product. `picture` and `behind` are without them.
    """

    background: NDArray[np.uint8]
    shading: Shading | None
    reflection: Layer | None
    product: Product
    picture: NDArray[np.uint8]
    behind: NDArray[np.uint8]
    lettering: tuple[Box, ...] = ()
    words: tuple[Layer, ...] = ()

    @property
    def backdrop(self) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 sRGB: the picture without its product, with its shadow and mirror image."""
        backdrop = self.picture.copy()
        backdrop[self.product.box.slices()] = self.behind
        return backdrop


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
    light, region = _prepared(background, product, shading, reflection)
    return _finished(background, product, light, region)


def compose_parts(
    background: NDArray[np.uint8], product: Product, shading: Shading | None, reflection: Layer | None
) -> Composition:
    """The same as `composite`, with all that the picture is made of."""
    light, region = _prepared(background, product, shading, reflection)
    behind = to_bytes(light[product.box.within(region).slices()])
    picture = _finished(background, product, light, region)
    return Composition(background, shading, reflection, product, picture, behind)


def with_words(parts: Composition) -> NDArray[np.uint8]:
    """The picture with its words, (H, W, 3) uint8 sRGB: they are laid over the backdrop and the product over them.

    Pixels that no word touches keep the picture's bytes, as does the product's core.
    """
    if not parts.words:
        return parts.picture
    product = parts.product
    region = product.box
    for word in parts.words:
        region = region.union(word.box)
    light = to_linear(parts.backdrop[region.slices()])
    touched = np.zeros(light.shape[:2], np.bool_)
    for word in parts.words:
        place = word.box.within(region).slices()
        lay_over(light[place], word.color, word.weight)
        touched[place] |= word.weight > 0
    inside = product.box.within(region).slices()
    lay_over(light[inside], to_linear(product.color), product.coverage())
    touched[inside] &= ~product.core
    finished = parts.picture.copy()
    finished[region.slices()][touched] = to_bytes(light[touched])
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


def _prepared(
    background: NDArray[np.uint8], product: Product, shading: Shading | None, reflection: Layer | None
) -> tuple[NDArray[np.float32], Box]:
    """Linear light of what the product is laid over, and where on the canvas that is."""
    region = product.box
    for part in (shading, reflection):
        region = region if part is None else region.union(part.box)
    light = to_linear(background[region.slices()])
    if shading is not None:
        light[shading.box.within(region).slices()] *= shading.factor
    if reflection is not None:
        lay_over(light[reflection.box.within(region).slices()], reflection.color, reflection.weight)
    return light, region


def _finished(
    background: NDArray[np.uint8], product: Product, light: NDArray[np.float32], region: Box
) -> NDArray[np.uint8]:
    """The picture; `light` is written to."""
    lay_over(light[product.box.within(region).slices()], to_linear(product.color), product.coverage())
    finished = background.copy()
    finished[region.slices()] = to_bytes(light)
    finished[product.box.slices()][product.core] = product.color[product.core]
    return finished


def lay_over(below: NDArray[np.float32], color: NDArray[np.float32], weight: NDArray[np.float32]) -> None:
    """Mix `color` into `below`, in place."""
    below += (color - below) * weight[..., None]

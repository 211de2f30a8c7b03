"""A finished picture taken apart, so that others can put it together again.

Every layer is of the canvas' size, its colours sRGB and straight, its alpha linear. Laid over each other by the over
operator on linear light (Porter and Duff, 1984), from the back to the front,

    below = decode(BACKGROUND)
    for layer in (SHADOW, REFLECTION, TEXT, FOREGROUND):
        below = decode(layer.rgb) * layer.alpha + below * (1 - layer.alpha)
    picture = encode(below)

with the transfer curve of IEC 61966-2-1, they give the picture again: its product's opaque pixels to the byte, all
others within one step of 255. In eight bits, alpha's rounding alone would cost several steps in the dark.

A shadow dims the background, with tinted light by another factor in each channel. Its alpha is what the most dimmed
channel loses, and its colour is the light that the other channels keep beyond that: black under white light.
"""

from collections.abc import Callable
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.common.alpha import OPAQUE
from services.common.geometry import Box
from services.common.placement import Placement
from services.common.srgb import encode, to_linear
from services.postprocess.composite import Composition
from services.postprocess.product import laid_out
from services.postprocess.schema import LayerName
from services.segment.schema import SegmentResult

#: From a byte to sixteen bits, which is exact: 65535 = 255 * 257.
_WIDER: Final = 257


def draw_uncertainty(cutout: SegmentResult, placement: Placement) -> NDArray[np.uint8]:
    """(H, W) uint8 of the canvas' size: how little alpha means at each pixel; 0 everywhere where nobody looked."""
    if cutout.uncertainty is None:
        return np.zeros(placement.canvas_hw, np.uint8)
    return laid_out(cutout.uncertainty, placement)


def draw_layer(name: LayerName, parts: Composition) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """One layer of a picture.

    Args:
        name: Any but HEATMAP and UNCERTAINTY, which are no parts of the picture.
        parts: The picture and what it is made of.

    Returns:
        ALPHA: (H, W) uint16. BACKGROUND: (H, W, 3) uint8. Others: (H, W, 4) uint16, all 0 where there is nothing.
    """
    return _DRAWN[name](parts)


def _alpha(parts: Composition) -> NDArray[np.uint16]:
    layer = np.zeros(parts.background.shape[:2], np.uint16)
    layer[parts.product.box.slices()] = parts.product.alpha
    return layer


def _foreground(parts: Composition) -> NDArray[np.uint16]:
    product = parts.product
    color = product.color.astype(np.uint16) * _WIDER
    # Nobody finds the old background under the transparency.
    return _placed(parts, product.box, color * (product.alpha > 0)[..., None], product.alpha)


def _shadow(parts: Composition) -> NDArray[np.uint16]:
    if parts.shading is None:
        return _empty(parts)
    box, kept = parts.shading.box, parts.shading.factor
    weight = 1 - kept.min(axis=2)
    beyond = kept - (1 - weight)[..., None]
    color = to_linear(parts.background[box.slices()]) * beyond / np.maximum(weight, np.float32(1 / OPAQUE))[..., None]
    return _placed(parts, box, _sixteen(encode(color)), _sixteen(weight))


def _reflection(parts: Composition) -> NDArray[np.uint16]:
    if parts.reflection is None:
        return _empty(parts)
    reflection = parts.reflection
    return _placed(parts, reflection.box, _sixteen(encode(reflection.color)), _sixteen(reflection.weight))


def _text(parts: Composition) -> NDArray[np.uint16]:
    """All words as one layer: what each lets through of those below it, and what it adds."""
    if not parts.words:
        return _empty(parts)
    region = parts.words[0].box
    for word in parts.words[1:]:
        region = region.union(word.box)
    light = np.zeros((region.height, region.width, 3), np.float32)
    through = np.ones((region.height, region.width), np.float32)
    for word in parts.words:
        place = word.box.within(region).slices()
        light[place] += (word.color - light[place]) * word.weight[..., None]
        through[place] *= 1 - word.weight
    weight = 1 - through
    color = np.asarray(light / np.maximum(weight, np.float32(1 / OPAQUE))[..., None], np.float32)
    return _placed(parts, region, _sixteen(encode(color)), _sixteen(weight))


def _background(parts: Composition) -> NDArray[np.uint8]:
    return parts.background


_DRAWN: Final = MappingProxyType[LayerName, Callable[[Composition], NDArray[np.uint8] | NDArray[np.uint16]]](
    {
        LayerName.ALPHA: _alpha,
        LayerName.FOREGROUND: _foreground,
        LayerName.SHADOW: _shadow,
        LayerName.REFLECTION: _reflection,
        LayerName.BACKGROUND: _background,
        LayerName.TEXT: _text,
    }
)


def _empty(parts: Composition) -> NDArray[np.uint16]:
    return np.zeros((*parts.background.shape[:2], 4), np.uint16)


def _placed(parts: Composition, box: Box, color: NDArray[np.uint16], alpha: NDArray[np.uint16]) -> NDArray[np.uint16]:
    layer = _empty(parts)
    layer[box.slices()] = np.dstack([color, alpha])
    return layer


def _sixteen(values: NDArray[np.float32]) -> NDArray[np.uint16]:
    """0 to 1 as 0 to 65535."""
    return np.asarray(np.round(np.clip(values, 0, 1) * np.float32(OPAQUE)), np.uint16)

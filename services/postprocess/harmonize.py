"""Bring the product's exposure and colour nearer to the scene's light: a little, and everywhere smoothly.

One multiplicative gain in linear light, as light itself would act; no hue is turned and no detail touched, because
the gain has none. Every part of it is bounded, so that a brand's colour stays that colour.
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.common.geometry import Box
from services.common.light import Light
from services.common.srgb import LUMINANCE, to_bytes, to_linear
from services.postprocess.product import Product
from services.postprocess.relight import spared

#: Largest change of exposure, either way.
MAX_EXPOSURE: Final = 0.15
#: How far the product's white moves towards the colour of the scene's light.
TEMPERATURE_SHARE: Final = 0.2
#: Darkening of the side away from the key light, when all light is key and comes from the side.
_FALLOFF: Final = 0.12
#: The linear luminance around a product that asks for no change: a mid-toned studio.
_NEUTRAL_SURROUND: Final = 0.35
#: Exposure follows the surround's luminance by this power.
_ADAPTATION: Final = 0.12
#: Width of the ring that is the surround, as a share of the product's longer side.
_RING: Final = 0.15


def harmonized(product: Product, background: NDArray[np.uint8], light: Light, text: Sequence[Box] = ()) -> Product:
    """The product under a smooth gain.

    Args:
        product: On the canvas.
        background: (H, W, 3) uint8 sRGB, without product.
        light: The scene's.
        text: Boxes of lettering on the canvas, which keeps its own colours.

    Returns:
        The product with other colours, edges included, and everything else as it was.
    """
    gain = exposure_gain(product, background) * temperature_gain(light)[None, None, :]
    falloff = _falloff(product.box.width, light)
    gain = np.broadcast_to(gain * falloff[None, :, None], product.color.shape)
    gain = spared(np.asarray(gain, np.float32), [box.within(product.box) for box in text])
    return product.recolored(to_bytes(to_linear(product.color) * gain))


def exposure_gain(product: Product, background: NDArray[np.uint8]) -> np.float32:
    """Gain for the brightness of what surrounds the product; 1 - `MAX_EXPOSURE` to 1 + `MAX_EXPOSURE`."""
    margin = round(_RING * max(product.box.height, product.box.width))
    around = product.box.grown(margin, (background.shape[0], background.shape[1]))
    surround = float(np.mean(to_linear(background[around.slices()][::4, ::4]) @ LUMINANCE))
    gain = (max(surround, 1e-3) / _NEUTRAL_SURROUND) ** _ADAPTATION
    return np.float32(min(1 + MAX_EXPOSURE, max(1 - MAX_EXPOSURE, gain)))


def temperature_gain(light: Light) -> NDArray[np.float32]:
    """(3,) float32 gain towards the light's colour at unchanged luminance (von Kries, in linear sRGB)."""
    total = np.maximum(np.array(light.key, np.float32) + np.array(light.ambient, np.float32), np.float32(1e-3))
    gain = (total / (total @ LUMINANCE)) ** np.float32(TEMPERATURE_SHARE)
    return np.asarray(gain / (gain @ LUMINANCE), np.float32)


def _falloff(width: int, light: Light) -> NDArray[np.float32]:
    """(width,) float32 gain: 1 at the lit side, less towards the other, with its mean kept at 1."""
    key, ambient = float(np.array(light.key) @ LUMINANCE), float(np.array(light.ambient) @ LUMINANCE)
    sideways = math.sin(math.radians(light.azimuth_deg)) * math.cos(math.radians(light.elevation_deg))
    amount = _FALLOFF * sideways * key / max(key + ambient, 1e-6)
    across = (np.arange(width, dtype=np.float32) + 0.5) / np.float32(max(width, 1)) * 2 - 1
    return np.asarray(1 + np.float32(amount) * np.sin(across * np.float32(math.pi / 2)), np.float32)

"""The light that a product was given, read back from the picture: what may differ without the product having changed.

A masked low-frequency ratio of luminance, and one bounded tint for the whole product. Anything a light can't do to a
product, such as another hue, another shape or another letter, is left in the picture.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.srgb import LUMINANCE, to_bytes, to_linear

#: Sigma of what counts as light, as a share of the product's longer side.
_SIGMA: Final = 0.025
#: Nobody's light is adapted further than this.
_GAIN: Final = (0.4, 2.5)
#: A light's tint per channel, beside its brightness; adapting reaches about half of this.
_TINT: Final = (0.88, 1.14)
#: Light is smooth, so it is read from a picture this large at most.
_LONGEST_PX: Final = 256


def relit(
    color: NDArray[np.uint8],
    picture: NDArray[np.uint8],
    inside: NDArray[np.bool_],
    plain: NDArray[np.float32] | None = None,
) -> NDArray[np.uint8]:
    """The product in the light it has in a picture.

    Args:
        color: (H, W, 3) uint8 sRGB, straight, in its own light.
        picture: (H, W, 3) uint8 sRGB.
        inside: (H, W) bool, where the picture shows nothing but the product.
        plain: (H, W) float32, 0 to 1, how far the light had no tint there.

    Returns:
        (H, W, 3) uint8 sRGB; `color` itself where nothing is inside.
    """
    if not inside.any():
        return color
    return to_bytes(to_linear(color) * given_light(color, picture, inside, plain))


def given_light(
    color: NDArray[np.uint8],
    picture: NDArray[np.uint8],
    inside: NDArray[np.bool_],
    plain: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """What the product's linear colours were multiplied with; see `relit` for the arguments.

    Returns:
        (H, W, 3) float32; 1 where nothing is inside.
    """
    if not inside.any():
        return np.ones_like(color, np.float32)
    before, after = to_linear(color), to_linear(picture)
    weight = inside if plain is None else inside * (1 - plain)
    if not weight.any():
        weight = inside
    total = (weight[..., None] * after).sum(axis=(0, 1)) / weight.sum()
    ratio = total / np.maximum((weight[..., None] * before).sum(axis=(0, 1)) / weight.sum(), 1e-4)
    brightness = float(ratio @ LUMINANCE)
    tint = np.clip(ratio / max(brightness, 1e-4), *_TINT).astype(np.float32)
    tint = tint if plain is None else tint + plain[..., None] * (1 - tint)
    gain = _gain((before * tint) @ LUMINANCE, after @ LUMINANCE, inside)
    return np.asarray(tint * gain[..., None], np.float32)


def _gain(before: NDArray[np.float32], after: NDArray[np.float32], inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(H, W) ratio of blurred luminances, with nothing from outside in it."""
    height, width = inside.shape
    scale = min(1.0, _LONGEST_PX / max(height, width))
    small = (max(1, round(width * scale)), max(1, round(height * scale)))
    sigma = max(1.0, _SIGMA * max(small))
    weight = inside.astype(np.float32)

    def low(values: NDArray[np.float32]) -> NDArray[np.float32]:
        reduced = cv2.resize(values * weight, small, interpolation=cv2.INTER_AREA)
        # The whole product, faintly, where none of it is near.
        return np.asarray(cv2.GaussianBlur(reduced, (0, 0), sigma) + np.float32(1e-4) * reduced.mean(), np.float32)

    ratio = np.clip(low(after) / np.maximum(low(before), 1e-7), *_GAIN)
    return np.asarray(cv2.resize(ratio, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)

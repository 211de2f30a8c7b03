"""A product in another colour: every fold, seam and highlight stays, and so does all that has another colour.

Light multiplies: where the cloth sent back so much of red, it sends back so much of green. See `split.py`.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.common.css_color import RGB
from services.common.errors import InvalidInput
from services.common.srgb import to_bytes, to_linear
from services.postprocess.product import Product
from services.postprocess.recolour.body import Body
from services.postprocess.recolour.gamut import into_gamut
from services.postprocess.recolour.oklab import Array
from services.postprocess.recolour.region import belonging
from services.postprocess.recolour.split import body_share, exchanged
from services.postprocess.recolour.target import reachable

#: A mask's values from which on a pixel counts for what the body's colour is.
_CHOSEN: Final = 128
#: Where a pixel's weight is more than this, its shading is the body's.
_SURELY: Final = 0.9
#: Where there is less of the body than this, it is white or black print.
_SHADED: Final = 0.2
#: Shares smaller than this are rounding.
_FAINT: Final = np.float32(1e-4)


@dataclass(frozen=True)
class Recolouring:
    """A product before and after. All arrays share the product's (H, W).

    Args:
        product: In its new colour.
        before: (H, W, 3) uint8 sRGB, its old colours.
        region: (H, W) float32, 0 to 1, how far each pixel is of the colour that became another; where it is 0 no byte
            has changed.
        wanted: sRGB, what was asked for.
    """

    product: Product
    before: NDArray[np.uint8]
    region: Array
    wanted: RGB


def recolour(product: Product, wanted: RGB, mask: NDArray[np.uint8] | None = None) -> Recolouring:
    """Give the product's main colour, or the main one within a mask, another one.

    Args:
        product: On the canvas.
        wanted: sRGB, 0 to 255: what becomes of the main colour where its shading is neither deep nor bright.
        mask: (H, W) uint8 over the product, bright where its colour may change; None = everywhere.

    Raises:
        InvalidInput: The mask leaves nothing opaque of the product.
    """
    chosen = product.core if mask is None else product.core & (mask >= _CHOSEN)
    if not chosen.any():
        raise InvalidInput(
            "nothing opaque of the product lies where the mask is bright" if mask is not None
            else "nothing of the product is opaque, so it has no colour to be told from its background's",
            field="recolour" if mask is None else "recolour.mask",
        )  # fmt: skip
    linear = to_linear(product.color)
    body = Body.of(linear, chosen)
    weight = belonging(linear, product.core, body) * (product.alpha > 0)
    share = body_share(linear, product.core, body, weight)
    if mask is not None:
        allowed = mask.astype(np.float32) / np.float32(255)
        weight, share = weight * allowed, share * allowed
    region = np.maximum(weight, np.minimum(share, 1))
    surely = chosen & (weight > _SURELY) & (share > _SHADED)
    shades = share[surely if surely.any() else chosen]
    middle = max(float(np.median(shades)), float(_FAINT))
    target = reachable(wanted, shades / middle) / middle
    changed = share > _FAINT
    light = exchanged(linear, product.core, body, target, weight, share)
    color = product.color.copy()
    color[changed] = to_bytes(into_gamut(light[changed]))
    return Recolouring(product.recolored(color), product.color, np.where(changed, region, np.float32(0)), wanted)

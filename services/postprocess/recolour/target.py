"""The colour asked for, as light that the body sends back at its middle shading."""

from typing import Final

import numpy as np

from services.common.css_color import RGB
from services.common.srgb import to_linear
from services.postprocess.recolour.oklab import Array, from_oklab, to_oklab

#: No cloth is darker, in OKLab's L: about 1 % of the light comes back from black cotton, and shows its folds.
_BLACKEST: Final = 0.22
#: The shading that is still to be told from white: so much of the body is darker.
_BRIGHT: Final = 0.95


def reachable(wanted: RGB, share: Array) -> Array:
    """(3,) float32 linear sRGB: the colour asked for, as far as folds are still seen in it.

    Under the light that falls on the brightest folds, white cloth would be lighter than white, and black cloth is black
    under any. So the lightness of such colours gives way; their tint stays.

    Args:
        wanted: sRGB, 0 to 255.
        share: (N,) float32, shading of the body's pixels, in multiples of the middle one.
    """
    lab = to_oklab(to_linear(np.array(wanted, np.uint8)))
    brightest = max(1.0, float(np.quantile(share, _BRIGHT)))
    lightest = float(np.cbrt(1 / brightest))
    if lab[0] > lightest:
        lab *= np.float32(lightest / lab[0])
    lab[0] = max(float(lab[0]), _BLACKEST)
    return np.maximum(from_oklab(lab), 0)

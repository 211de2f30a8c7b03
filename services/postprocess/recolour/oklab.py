"""OKLab, a space in which lightness, chroma and hue are what an eye takes them for (Ottosson, 2020).

https://bottosson.github.io/posts/oklab/; its cube root makes all three coordinates of a colour grow alike when more
light falls on it, so that a / L and b / L do not change with shading at all.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

_TO_CONES: Final = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB: Final = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_FROM_CONES: Final = np.linalg.inv(_TO_CONES)
_FROM_LAB: Final = np.linalg.inv(_TO_LAB)


def to_oklab(linear: Array) -> Array:
    """(..., 3) float32 of L from 0 = black to 1 = white, a and b, from linear sRGB, which may lie beyond 0 to 1."""
    cones = np.cbrt(linear @ _TO_CONES.T.astype(np.float32))
    return np.asarray(cones @ _TO_LAB.T.astype(np.float32), np.float32)


def from_oklab(lab: Array) -> Array:
    """(..., 3) float32 linear sRGB, beyond 0 to 1 for colours that sRGB does not have."""
    cones = lab @ _FROM_LAB.T.astype(np.float32)
    return np.asarray(cones**3 @ _FROM_CONES.T.astype(np.float32), np.float32)


def tints(lab: Array) -> Array:
    """(..., 2) float32: a / L and b / L, the colour without its shading; 0 for black."""
    lightness = lab[..., :1]
    return np.asarray(np.where(lightness > 1e-3, lab[..., 1:] / np.maximum(lightness, np.float32(1e-3)), 0), np.float32)

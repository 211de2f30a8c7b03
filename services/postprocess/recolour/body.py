"""The colour that is to be another one: that of which the product shows most."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from services.postprocess.recolour.clusters import Clusters
from services.postprocess.recolour.oklab import Array, from_oklab, tints, to_oklab

#: Darker than this, in OKLab's L, one step of a byte turns the tint: such pixels do not say which colours there are.
DARK: Final = 0.3
#: Of light, so that shading in multiples of it is a number: the darkest byte but black.
_DARKEST: Final = 1 / 255 / 12.92
#: The body's colour is read where its shading is neither deep nor bright: these quantiles of its luminance.
_MIDDLE: Final = (0.4, 0.6)
#: Of a normal distribution, its standard deviation over the median distance from its middle.
_MAD: Final = 1.4826
#: Variance of noise over that of gloss: at least, and for tints that lie by so much from their middle, squared.
_DOUBT: Final = 0.003
_UNEVEN: Final = 200.0
#: A cluster of at least this share of the product, with a tint no farther from grey than that, is white cloth, white
#: print or a highlight: what is neutral under this light.
_WHITE_SHARE: Final = 0.01
_WHITE_TINT: Final = 0.05


@dataclass(frozen=True)
class Body:
    """What is known of the product's main colour.

    Args:
        color: (3,) float32 linear sRGB, at the middle shading of where it is seen without gloss.
        white: (3,) float32 linear sRGB, of luminance 1: the colour of highlights, and of white print.
        tint: (2,) float32, see `oklab.tints`.
        spread: How far its tints lie from their middle, across the way from white to it: three standard deviations.
        doubt: How little its pixels' colour tells gloss from shading, as a variance of noise over that of gloss.
        clusters: All colours; this one is the first.
    """

    color: Array
    white: Array
    tint: Array
    spread: float
    doubt: float
    clusters: Clusters

    @classmethod
    def of(cls, linear: Array, chosen: NDArray[np.bool_]) -> Self:
        """The body's colour in a part of a product.

        Args:
            linear: (H, W, 3) float32 linear sRGB.
            chosen: (H, W) bool, the product's opaque pixels that count; at least one.
        """
        colors = linear[chosen]
        lab = to_oklab(colors)
        found = tints(lab)
        lit = lab[:, 0] >= min(DARK, float(np.quantile(lab[:, 0], 0.5)))
        clusters = Clusters.of(found[lit])
        own = clusters.of_each(found) == 0
        low, high = np.quantile(lab[own, 0], _MIDDLE)
        middle = own & (lab[:, 0] >= low) & (lab[:, 0] <= high)
        color = np.maximum(np.median(colors[middle], axis=0), _DARKEST).astype(np.float32)
        tint, told = tints(to_oklab(color)), found[own & lit]
        away = _MAD * float(np.median(np.hypot(*(told - tint).T)))
        doubt = max(_DOUBT, _UNEVEN * away**2)
        spread = 3 * _MAD * float(np.median(across(told, tint)))
        return cls(color, _white(clusters, tint), tint, spread, doubt, clusters)


def across(found: Array, tint: Array) -> Array:
    """How far (..., 2) tints lie from the line through grey and `tint`; where that is grey itself, from it."""
    length = float(np.hypot(*tint))
    if length < _WHITE_TINT:
        return np.asarray(np.hypot(found[..., 0] - tint[0], found[..., 1] - tint[1]), np.float32)
    return np.asarray(np.abs(found[..., 0] * tint[1] - found[..., 1] * tint[0]) / np.float32(length), np.float32)


def _white(clusters: Clusters, tint: Array) -> Array:
    """Of the largest neutral colour beside the body's own, if there is one; else plain white."""
    total = sum(clusters.sizes)
    for size, center in zip(clusters.sizes[1:], clusters.centers[1:], strict=True):
        own = np.hypot(*(center - tint)) < _WHITE_TINT
        if size >= _WHITE_SHARE * total and np.hypot(*center) < _WHITE_TINT and not own:
            return from_oklab(np.array([1, *center], np.float32))
    return np.ones(3, np.float32)

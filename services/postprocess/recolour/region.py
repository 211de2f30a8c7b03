"""Which pixels have the body's colour, in whatever light, and which are print, skin or something else."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.postprocess.recolour.body import DARK, Body
from services.postprocess.recolour.oklab import Array, tints, to_oklab

#: How far a tint may lie from those of the body at least and at most; from twice that on it is another colour.
_NEAR: Final = (0.06, 0.09)
#: Tints of light, unshaded and unlit body lie on the way from white to this many times the body's.
_DEEPEST: Final = 2.0
#: A body with a tint of this or more has no grey in it: what lies on white's other side counts as twice as far.
_COLOURED: Final = 0.04
#: Tints of skin, from fair to dark: hue in degrees, and distance from grey.
_SKIN_HUE: Final = (36.0, 78.0)
_SKIN_TINT: Final = (0.04, 0.24)
#: Skin is told from gloss where its tint lies off the way by this share of what counts as near.
_SKIN_OFF: Final = 0.35
#: A colour of its own is worth protecting from this share of the product on.
_OWN_SHARE: Final = 0.002
#: Single pixels that differ are noise.
_SPECK_PX: Final = 5
#: Within so many pixels of the outline colours may be those of the old background, and go with what is further in.
_RIM_PX: Final = 3


def belonging(linear: Array, opaque: NDArray[np.bool_], body: Body) -> Array:
    """How far each pixel is of the body's colour.

    Args:
        linear: (H, W, 3) float32 linear sRGB.
        opaque: (H, W) bool, where nothing but the product is seen.
        body: What is looked for.

    Returns:
        (H, W) float32, 1 = the body's under some light, 0 = something else.
    """
    lab = to_oklab(linear)
    found = tints(lab)
    away = _from_way(found, tints(to_oklab(body.white)), body.tint)
    # The darker, the more a byte's rounding turns the tint; what is black is nobody's and stays black anyway.
    away *= np.minimum(1, lab[..., 0] / DARK)
    near = float(np.clip(body.spread, *_NEAR))
    weight = 1 - _smooth_step(away / near - 1)
    weight *= ~np.isin(body.clusters.of_each(found), _protected(body, near))
    levels = cv2.medianBlur(np.round(weight * 255).astype(np.uint8), _SPECK_PX)
    return _rim_follows(levels.astype(np.float32) / np.float32(255), opaque)


def _from_way(found: Array, white: Array, tint: Array) -> Array:
    """Distance of (H, W, 2) tints from the straight way that gloss and deep folds take."""
    way = _DEEPEST * tint - white
    along = ((found - white) @ way) / max(float(way @ way), 1e-6)
    off = found - white - np.clip(along, 0, 1)[..., None] * way
    # Body and gloss never add up to what lies beyond white; only another lamp does, a little.
    farther = 1 + min(1.0, float(np.hypot(*tint)) / _COLOURED)
    return np.asarray(np.where(along < 0, farther, 1) * np.hypot(off[..., 0], off[..., 1]), np.float32)


def _protected(body: Body, near: float) -> list[int]:
    """Clusters of other colours that lie so near to the way that some of their pixels would count as the body's."""
    total = sum(body.clusters.sizes)
    numbers = []
    for number, (size, center) in enumerate(zip(body.clusters.sizes, body.clusters.centers, strict=True)):
        if number == 0 or size < _OWN_SHARE * total:
            continue
        off = _from_way(center[None, None], np.zeros(2, np.float32), body.tint)[0, 0]
        if off > near or (_skin(center) and off > _SKIN_OFF * near):
            numbers.append(number)
    return numbers


def _skin(tint: Array) -> bool:
    hue = float(np.degrees(np.arctan2(tint[1], tint[0])))
    return _SKIN_HUE[0] <= hue <= _SKIN_HUE[1] and _SKIN_TINT[0] <= float(np.hypot(*tint)) <= _SKIN_TINT[1]


def _rim_follows(weight: Array, opaque: NDArray[np.bool_]) -> Array:
    """Along the outline, what is a little further in."""
    side = 2 * _RIM_PX + 1
    inner = cv2.erode(opaque.astype(np.uint8), np.ones((side, side), np.uint8), borderValue=0).astype(np.float32)
    told = cv2.GaussianBlur(inner, (0, 0), _RIM_PX)
    carried = cv2.GaussianBlur(weight * inner, (0, 0), _RIM_PX) / np.maximum(told, np.float32(1e-4))
    # Parts too thin to have an inside speak for themselves.
    return np.asarray(np.where((inner == 0) & (told > 0.02), carried, weight), np.float32)


def _smooth_step(values: Array) -> Array:
    held = np.clip(values, 0, 1)
    return np.asarray(held * held * (3 - 2 * held), np.float32)

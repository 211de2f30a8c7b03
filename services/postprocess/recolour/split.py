"""How much of the body's colour is in a pixel, and how much is gloss, print or anything else.

A glossy surface sends back two lights (dichromatic reflection: Shafer, "Using color to separate reflection components",
1985): its body's, which has taken on the body's colour, and that of its face, which has the lamp's own. In linear light
they add up: pixel = shading * body + gloss * white, and so do the parts of a pixel that shows cloth and white print. So
there is one linear form that tells the shading and is blind to white. To recolour is to exchange, for each pixel, so
much of the one body colour for the same of the other. Everything else in it stays where it is.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.srgb import encode
from services.postprocess.recolour.body import Body
from services.postprocess.recolour.oklab import Array

#: Where gloss can't be told by its colour, light beyond so many times the middle shading is gloss.
_BRIGHTEST: Final = 2.5
#: Of the root of a body's doubt, the share of its light by which noise passes for gloss.
_UNSURE: Final = 0.2
#: From these weights on a pixel is surely the body's, and surely not.
_SURE: Final = (0.95, 0.05)
#: Side of the window in which shading is told from the steps of bytes, and the least of these steps, in linear light.
_CALM_PX: Final = 5
_LEAST_STEP: Final = np.float32(1 / 255 / 12.92)
#: How far from both another colour's edge reaches, in pixels, and how far away its colours are looked for.
_SEAM_PX: Final = 3
_LOCAL_PX: Final = 4.0
#: Shading of one place is at most so many times that around it.
_STEEPEST: Final = 1.6
#: Colours that differ by less than this, in linear light, tell nothing of where one ends.
_LEAST_CONTRAST: Final = 0.03


def body_share(linear: Array, opaque: NDArray[np.bool_], body: Body, weight: Array) -> Array:
    """The shading of the body in each pixel, in multiples of the middle one.

    Args:
        linear: (H, W, 3) float32 linear sRGB.
        opaque: (H, W) bool, where nothing but the product is seen.
        body: The colour.
        weight: (H, W) float32, how far each pixel is of that colour, see `region.belonging`.

    Returns:
        (H, W) float32, 0 where nothing of it is.
    """
    form = blind_to_white(body)
    share = np.maximum(_calmed(linear @ form, _rounding(linear, form)), 0)
    neutral = 1 - _told_apart(body)
    share -= neutral * np.maximum(share - _BRIGHTEST, 0)
    return np.asarray(_with_seams(linear, opaque, share, weight), np.float32)


def blind_to_white(body: Body) -> Array:
    """(3,) float32: its product with the body's colour is 1, and with white 0, as far as the two can be told apart."""
    color, white = body.color.astype(np.float64), body.white / np.linalg.norm(body.white)
    form = color - white * (color @ white) / (1 + body.doubt)
    return np.asarray(form / max(float(form @ color), 1e-12), np.float32)


def _rounding(linear: Array, form: Array) -> Array:
    """(H, W) float32: variance that bytes give the form, at half a step each, which in the dark is much."""
    step = (
        np.float32(2.4 / 1.055 / 255) * ((encode(np.clip(linear, 0, 1)) + np.float32(0.055)) / np.float32(1.055)) ** 1.4
    )
    return np.asarray(((np.maximum(step, _LEAST_STEP) * form / 2) ** 2).sum(axis=-1), np.float32)


def _calmed(share: Array, noise: Array) -> Array:
    """Without what the bytes' steps alone explain, which a much lighter colour would show (Wiener's filter over 5 x 5
    pixels, as in Lim, "Two-dimensional signal and image processing", 1990)."""
    size = (_CALM_PX, _CALM_PX)
    mean = cv2.blur(share, size)
    variance = np.maximum(cv2.blur(share * share, size) - mean * mean, 0)
    kept = np.maximum(variance - noise, 0) / np.maximum(variance, np.float32(1e-12))
    return np.asarray(mean + kept * (share - mean), np.float32)


def _rim_shading(share: Array, opaque: NDArray[np.bool_], weight: Array) -> Array:
    """Along the outline, where the old background may have taken part, not far from what it is a little further in."""
    side = 2 * _SEAM_PX + 1
    inner = cv2.erode(opaque.astype(np.uint8), np.ones((side, side), np.uint8), borderValue=0).astype(np.float32)
    told = inner * weight
    near = _local(share, told)
    held = np.clip(share, weight * near / _STEEPEST, near * _STEEPEST)
    return np.asarray(np.where((inner == 0) & (_near(told) > 0), held, share), np.float32)


def exchanged(
    linear: Array, opaque: NDArray[np.bool_], body: Body, target: Array, weight: Array, share: Array
) -> Array:
    """The same light with another body colour.

    Gloss and what else lies beside the body stay. What is neither, where all around is body, is noise and the colours
    of several lamps: it goes with the body's light, so that a darker body does not show it as spots.

    Args:
        linear: (H, W, 3) float32 linear sRGB.
        opaque: (H, W) bool, where nothing but the product is seen.
        body: The old colour.
        target: (3,) float32 linear sRGB, the new one at the same shading.
        weight: (H, W) float32, how far each pixel is of the old colour.
        share: (H, W) float32, see `body_share`.

    Returns:
        (H, W, 3) float32 linear sRGB, also beyond 0 to 1.
    """
    old = share[..., None] * body.color
    rest = linear - old
    white = body.white / np.float32(np.linalg.norm(body.white))
    noise = np.float32(_UNSURE * np.sqrt(body.doubt)) * np.linalg.norm(old, axis=-1)
    gloss = np.maximum(rest @ white - noise, 0)[..., None] * white
    less = 1 - np.minimum(target / body.color, 1)
    square = np.ones((2 * _SEAM_PX + 1, 2 * _SEAM_PX + 1), np.uint8)
    within = cv2.erode(np.where(opaque, weight, np.float32(1)), square)[..., None]
    new = _rim_shading(share, opaque, weight)[..., None] * target
    return np.asarray(rest + new - within * less * (rest - gloss), np.float32)


def _told_apart(body: Body) -> float:
    """1 where body and white differ in colour, 0 where they are the same."""
    color, white = body.color / np.linalg.norm(body.color), body.white / np.linalg.norm(body.white)
    differs = max(0.0, 1 - float(color @ white) ** 2)
    return differs / (differs + body.doubt)


def _with_seams(linear: Array, opaque: NDArray[np.bool_], share: Array, weight: Array) -> Array:
    """The same where the body meets another colour: of a pixel that shows both, the part that is body.

    How large that part is, is read from the pixel's place between the colours on both sides, as on the edge of a matte.
    What the form took the rest for is taken off again, so that folds go on up to the edge.
    """
    own, other = ((opaque & each).astype(np.float32) for each in (weight >= _SURE[0], weight <= _SURE[1]))
    plain = share * weight
    square = np.ones((2 * _SEAM_PX + 1, 2 * _SEAM_PX + 1), np.uint8)
    seam = (cv2.dilate(own, square) > 0) & (cv2.dilate(other, square) > 0)
    if not seam.any():
        return plain
    # Surely of one side is what lies clear of the other.
    own = own * np.asarray(1 - cv2.dilate(other, square), np.float32)
    other = np.asarray(cv2.erode(other, np.ones((3, 3), np.uint8)), np.float32)
    here, there = _local(linear, own), _local(linear, other)
    step = here - there
    contrast = (step * step).sum(axis=-1)
    part = np.clip(((linear - there) * step).sum(axis=-1) / np.maximum(contrast, np.float32(1e-6)), 0, 1)
    found = np.clip(share - (1 - part) * _local(share, other), 0, part * _STEEPEST * _local(share, own))
    known = seam & (_near(own) > 0) & (_near(other) > 0) & (contrast > _LEAST_CONTRAST**2)
    return np.asarray(np.where(known, found, plain), np.float32)


def _near(where: Array) -> Array:
    return np.asarray(np.round(cv2.GaussianBlur(where, (0, 0), _LOCAL_PX), 4), np.float32)


def _local(values: Array, where: Array) -> Array:
    """Means around each pixel over those chosen."""
    weight = where if values.ndim == 2 else where[..., None]
    total = cv2.GaussianBlur(values * weight, (0, 0), _LOCAL_PX)
    near = np.maximum(cv2.GaussianBlur(where, (0, 0), _LOCAL_PX), np.float32(1e-6))
    return np.asarray(total / (near if values.ndim == 2 else near[..., None]), np.float32)

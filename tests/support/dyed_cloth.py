"""Patches of drawn cloth, of which shading, gloss and print are known."""

import numpy as np

from services.common.alpha import OPAQUE
from services.common.geometry import Box
from services.common.srgb import to_bytes, to_linear
from services.postprocess.product import Product

SIDE = 96
RED, GREEN, NAVY, BEIGE, GREY = (178, 34, 40), (46, 120, 60), (30, 40, 90), (210, 190, 165), (150, 150, 150)


def light_of(rgb):
    """(3,) float32 linear."""
    return to_linear(np.array(rgb, np.uint8))


def cloth(rgb, gloss=0.0, side=SIDE):
    """(side, side, 3) uint8 sRGB: waves of shading from 0.6 to 1.3 with 1 in the middle, and gloss on their crests."""
    shading = folds(side)
    crest = np.clip(shading - 1.1, 0, None)[..., None] / np.float32(0.2)
    return to_bytes(shading[..., None] * light_of(rgb) + np.float32(gloss) * crest)


def folds(side=SIDE):
    """(side, side) float32 shading, of median 1."""
    across = np.linspace(0, 6 * np.pi, side, dtype=np.float32)
    wave = np.sin(across)[None, :] * np.ones((side, 1), np.float32)
    return np.where(wave > 0, 1 + np.float32(0.3) * wave, 1 + np.float32(0.4) * wave).astype(np.float32)


def product(image, alpha=None):
    """What lies on a canvas of the image's own size; opaque all over where no alpha is given."""
    height, width = image.shape[:2]
    full = np.full((height, width), OPAQUE, np.uint16) if alpha is None else alpha
    return Product(Box(0, 0, height, width), full, image, full == OPAQUE, "none")

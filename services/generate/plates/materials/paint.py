"""Emulsion paint rolled on a smooth wall: orange peel, a hint of the wall's unevenness, no drawing."""

import numpy as np

from services.generate.plates.noise import spectral_noise
from services.generate.plates.texture import MaterialMaps


def paint(rng: np.random.Generator, size_px: int) -> MaterialMaps:
    """1 m square, white; a scene tints it."""
    uneven = spectral_noise(rng, size_px, (1, 9), 1.3)
    lanes = spectral_noise(rng, size_px, (3, 30), 0.9, (1, 7))
    peel = spectral_noise(rng, size_px, (90, 300), 0.3)
    nibs = spectral_noise(rng, size_px, (size_px / 8, size_px / 2.6), 0.3)
    albedo = np.array([0.86, 0.855, 0.845], np.float32) * np.exp(0.006 * uneven + 0.005 * lanes)[..., None]
    height = 2.2e-4 * uneven + 1.5e-5 * peel + 0.3e-5 * nibs
    gloss = np.full((size_px, size_px), 0.35, np.float32)
    fine_px = size_px // 4
    fine = 0.008 * spectral_noise(rng, fine_px, (fine_px / 24, fine_px / 2.4), 0.5)
    return MaterialMaps(albedo.astype(np.float32), height.astype(np.float32), gloss, fine, 1.0, 1 / 6)

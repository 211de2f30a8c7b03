"""Hand-trowelled lime plaster, matte."""

import numpy as np

from services.generate.plates.noise import displaced, smoothstep, spectral_noise
from services.generate.plates.texture import MaterialMaps


def plaster(rng: np.random.Generator, size_px: int) -> MaterialMaps:
    """1 m square, near white; a scene tints it."""
    bend_u = spectral_noise(rng, size_px, (1, 10), 1.5) * np.float32(size_px / 20)
    bend_v = spectral_noise(rng, size_px, (1, 10), 1.5) * np.float32(size_px / 20)
    cloud = spectral_noise(rng, size_px, (1, 60), 1.25)
    strokes = displaced(spectral_noise(rng, size_px, (3, 120), 1.0, (5, 1)), bend_u, bend_v)
    cross = displaced(spectral_noise(rng, size_px, (3, 120), 1.0, (1, 4)), bend_v, bend_u)
    sand = spectral_noise(rng, size_px, (size_px / 16, size_px / 2.6), 0.4)
    pits = smoothstep(2.5, 3.3, spectral_noise(rng, size_px, (60, 320), 0.4))
    tone = 0.022 * cloud + 0.007 * strokes + 0.006 * cross + 0.012 * sand - 0.18 * pits
    albedo = np.array([0.80, 0.785, 0.76], np.float32) * np.exp(tone)[..., None]
    relief = 0.45e-4 * np.maximum(strokes, cross) + 1.3e-4 * cloud
    height = relief + 1.6e-5 * sand - 2.5e-4 * pits
    fine_px = size_px // 4
    fine = 0.016 * spectral_noise(rng, fine_px, (fine_px / 24, fine_px / 2.4), 0.5)
    gloss = np.full((size_px, size_px), 0.3, np.float32)
    return MaterialMaps(albedo.astype(np.float32), height.astype(np.float32), gloss, fine, 1.0, 1 / 6)

"""Polished white marble with grey veins."""

import cv2
import numpy as np

from services.generate.plates.noise import Field, displaced, smoothstep, spectral_noise
from services.generate.plates.texture import MaterialMaps


def marble(rng: np.random.Generator, size_px: int) -> MaterialMaps:
    """Carrara, 1.2 m square.

    Veins lie where a noise crosses zero, after its domain was bent by slower noise (Perlin 1985; warping after Quilez);
    how wide and how dark a vein is changes along it, and most of each crossing carries none.
    """
    tile_m = 1.2
    bend_u = spectral_noise(rng, size_px, (1, 24), 1.7)
    bend_v = spectral_noise(rng, size_px, (1, 24), 1.7)
    unit = np.float32(size_px / 1024)
    cloud = displaced(spectral_noise(rng, size_px, (1.5, 60), 1.35, (1.0, 1.9)), 70 * unit * bend_u, 70 * unit * bend_v)
    haze = spectral_noise(rng, size_px, (1, 8), 1.2)
    bold = _veins(rng, size_px, (1.6, 6), 2.0, (bend_u * (60 * unit), bend_v * (60 * unit)))
    fine = _veins(rng, size_px, (3, 14), 1.0, (bend_u * (52 * unit), bend_v * (52 * unit)))
    hair = _veins(rng, size_px, (8, 40), 0.5, (bend_u * (44 * unit), bend_v * (44 * unit)))
    grain = spectral_noise(rng, size_px, (90, size_px / 2.5), 0.3)

    shade = 0.2 * smoothstep(-0.6, 2.4, cloud + 0.5 * haze)
    depth = shade + 0.66 * bold + 0.4 * fine + 0.2 * hair + 0.006 * grain
    absorb = np.array([0.98, 1.0, 1.0], np.float32)
    warm = np.array([0.0, 0.055, 0.14], np.float32) * (bold * smoothstep(0.2, 1.6, haze) * 0.7)[..., None]
    albedo = np.array([0.87, 0.863, 0.848], np.float32) * np.exp(-1.5 * depth[..., None] * absorb - warm)
    fine_px = size_px // 4
    crystals = 0.012 * spectral_noise(rng, fine_px, (fine_px / 12, fine_px / 2.4), 0.3)
    gloss = 1 - 0.22 * bold - 0.1 * fine
    height = -1.2e-5 * bold + 1.1e-5 * spectral_noise(rng, size_px, (3, 20), 1.5)
    return MaterialMaps(
        albedo.astype(np.float32), height.astype(np.float32), gloss.astype(np.float32), crystals, tile_m, tile_m / 6
    )


def _veins(
    rng: np.random.Generator, size_px: int, band: tuple[float, float], width: float, bend: tuple[Field, Field]
) -> Field:
    """Vein darkness in [0, 1].

    The noise is divided by its own steepness, which gives the distance to the crossing: so veins keep their width where
    the noise lies flat, and don't run into scribbles.
    """
    unit = np.float32(size_px / 1024)
    tremor = [spectral_noise(rng, size_px, (14, 220), 1.3) * (3.2 * unit) for _ in range(2)]
    ridge = displaced(spectral_noise(rng, size_px, band, 1.2, (1.0, 2.6)), bend[0] + tremor[0], bend[1] + tremor[1])
    steep = np.hypot(np.roll(ridge, -1, 0) - np.roll(ridge, 1, 0), np.roll(ridge, -1, 1) - np.roll(ridge, 1, 1)) / 2
    steep = np.asarray(cv2.GaussianBlur(np.pad(steep, 64, mode="wrap"), (0, 0), float(8 * unit)), np.float32)[
        64:-64, 64:-64
    ]
    away = np.abs(ridge) / (steep + 0.25 * steep.mean()) / unit  # in pixels of a 1024 tile
    presence = smoothstep(-0.1, 1.6, displaced(spectral_noise(rng, size_px, (1, 6), 0.9), *bend))
    wide = width * (0.15 + 1.6 * presence)
    core = np.exp(-((away / (0.3 + wide)) ** 1.3))
    halo = np.exp(-(away / (2.0 + 9 * wide)))
    return np.asarray(presence * (0.66 * core + 0.34 * halo), np.float32)

"""Polished white marble with grey veins."""

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
    unit = size_px / 1024
    cloud = displaced(spectral_noise(rng, size_px, (1.5, 60), 1.35, (1.0, 1.9)), 70 * unit * bend_u, 70 * unit * bend_v)
    haze = spectral_noise(rng, size_px, (1, 8), 1.2)
    bold = _veins(rng, size_px, (1.2, 5), 0.055, (bend_u * 95 * unit, bend_v * 95 * unit))
    fine = _veins(rng, size_px, (3, 14), 0.045, (bend_v * 60 * unit, bend_u * 60 * unit))
    hair = _veins(rng, size_px, (7, 40), 0.05, (bend_u * 40 * unit, bend_v * 40 * unit))
    grain = spectral_noise(rng, size_px, (90, size_px / 2.5), 0.3)

    shade = 0.2 * smoothstep(-0.6, 2.4, cloud + 0.5 * haze)
    depth = shade + 0.66 * bold + 0.4 * fine + 0.2 * hair + 0.006 * grain
    absorb = np.array([0.98, 1.0, 1.0], np.float32)
    warm = np.array([0.0, 0.055, 0.14], np.float32) * (bold * smoothstep(0.2, 1.6, haze) * 0.7)[..., None]
    albedo = np.array([0.845, 0.838, 0.825], np.float32) * np.exp(-1.5 * depth[..., None] * absorb - warm)
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
    """Vein darkness in [0, 1]."""
    ridge = displaced(spectral_noise(rng, size_px, band, 0.7, (1.0, 2.1)), *bend)
    tremor = spectral_noise(rng, size_px, (20, 200), 1.2)
    ridge = np.abs(ridge + 0.016 * tremor)
    presence = smoothstep(0.0, 1.5, displaced(spectral_noise(rng, size_px, (1, 7), 0.8), *bend))
    wide = width * (0.12 + 1.3 * presence)
    core = np.exp(-((ridge / (0.35 * wide + 0.004)) ** 1.2))
    halo = np.exp(-((ridge / (3.2 * wide + 0.01)) ** 1.0))
    return np.asarray(presence * (0.68 * core + 0.32 * halo), np.float32)

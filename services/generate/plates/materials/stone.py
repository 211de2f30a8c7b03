"""A honed slab of grey limestone: grain, fossils' specks, pits, a rough relief."""

import numpy as np

from services.generate.plates.noise import smoothstep, spectral_noise
from services.generate.plates.texture import MaterialMaps


def stone(rng: np.random.Generator, size_px: int) -> MaterialMaps:
    """0.9 m square."""
    tile_m = 0.9
    beds = spectral_noise(rng, size_px, (1, 60), 1.3, (2.4, 1))
    mottle = spectral_noise(rng, size_px, (5, 160), 0.9)
    grain = spectral_noise(rng, size_px, (size_px / 14, size_px / 2.4), 0.3)
    dust = spectral_noise(rng, size_px, (size_px / 40, size_px / 5), 0.5)
    warm = spectral_noise(rng, size_px, (1, 12), 1.2)
    pit_noise = spectral_noise(rng, size_px, (25, 150), 0.55)
    lump = spectral_noise(rng, size_px, (8, 260), 1.25)
    pits = smoothstep(2.15, 3.1, pit_noise + 0.3 * dust)
    specks = smoothstep(2.3, 2.9, spectral_noise(rng, size_px, (70, 300), 0.2))
    chips = smoothstep(2.2, 3.0, spectral_noise(rng, size_px, (50, 260), 0.3))

    tone = 0.045 * beds + 0.05 * mottle + 0.085 * grain + 0.07 * dust
    albedo = np.array([0.43, 0.405, 0.362], np.float32) * np.exp(tone)[..., None]
    albedo *= np.exp(np.array([0.006, 0.0, -0.012], np.float32) * warm[..., None])
    albedo *= (1 - 0.55 * pits - 0.35 * specks)[..., None]
    albedo += (0.62 - albedo) * (0.45 * chips)[..., None]
    height = 1.0e-4 * lump + 2.0e-5 * grain + 3.5e-5 * dust - 7e-4 * pits
    fine_px = size_px // 2
    sand = 0.085 * spectral_noise(rng, fine_px, (fine_px / 20, fine_px / 2.4), 0.25)
    sand -= 0.3 * smoothstep(2.4, 3.2, spectral_noise(rng, fine_px, (30, 140), 0.3))
    gloss = (0.55 + 0.12 * mottle - 0.5 * pits).clip(0.05, 1)
    return MaterialMaps(
        albedo.astype(np.float32), height.astype(np.float32), gloss.astype(np.float32), sand, tile_m, tile_m / 5
    )

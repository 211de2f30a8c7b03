"""Fair-faced concrete: cloudy cement, air holes, faint trowel marks and hairline cracks."""

import numpy as np

from services.generate.plates.noise import displaced, smoothstep, spectral_noise
from services.generate.plates.texture import MaterialMaps


def concrete(rng: np.random.Generator, size_px: int) -> MaterialMaps:
    """1.4 m square, mid grey; a scene tints it."""
    bend_u = spectral_noise(rng, size_px, (1, 12), 1.4) * np.float32(size_px / 28)
    bend_v = spectral_noise(rng, size_px, (1, 12), 1.4) * np.float32(size_px / 28)
    cloud = displaced(spectral_noise(rng, size_px, (1, 40), 1.15), bend_u, bend_v)
    stain = smoothstep(-0.8, 2.4, displaced(spectral_noise(rng, size_px, (1, 16), 1.1), bend_v, bend_u))
    trowel = displaced(spectral_noise(rng, size_px, (4, 150), 0.9, (7, 1)), bend_u, bend_v)
    sand = spectral_noise(rng, size_px, (size_px / 18, size_px / 2.5), 0.35)
    holes = smoothstep(2.75, 3.3, spectral_noise(rng, size_px, (45, 150), 0.2))
    crack = spectral_noise(rng, size_px, (2, 60), 1.3)
    cracks = np.exp(-((crack * 140) ** 2)) * smoothstep(0.9, 1.8, spectral_noise(rng, size_px, (1, 8), 1.0))
    tone = 0.035 * cloud - 0.06 * stain + 0.005 * trowel + 0.04 * sand - 0.5 * holes - 0.2 * cracks
    albedo = np.array([0.47, 0.462, 0.445], np.float32) * np.exp(tone)[..., None]
    height = 0.35e-4 * cloud + 0.7e-5 * trowel + 2.2e-5 * sand - 6e-4 * holes - 1.5e-4 * cracks
    gloss = (0.42 + 0.1 * cloud - 0.25 * stain - 0.4 * holes).clip(0.05, 1)
    fine_px = size_px // 2
    fine = 0.075 * spectral_noise(rng, fine_px, (fine_px / 18, fine_px / 2.4), 0.3)
    return MaterialMaps(albedo.astype(np.float32), height.astype(np.float32), gloss.astype(np.float32), fine, 1.4, 0.28)

"""Washed linen in plain weave: threads of uneven thickness, slubs, and soft creases from folding."""

import numpy as np
from numpy.typing import NDArray

from services.generate.plates.noise import Field, displaced, smoothstep, spectral_noise
from services.generate.plates.texture import MaterialMaps

#: Threads along a side of the fine tile; with its side they give some 13 threads per centimetre.
THREADS = 104
FINE_TILE_M = 0.08


def linen(rng: np.random.Generator, size_px: int) -> MaterialMaps:
    """1.2 m square, natural and light; a scene tints it."""
    slubs_u = spectral_noise(rng, size_px, (30, size_px / 2.6), 0.35, (18, 0.5))
    slubs_v = spectral_noise(rng, size_px, (30, size_px / 2.6), 0.35, (0.5, 18))
    cloud = spectral_noise(rng, size_px, (1, 24), 1.2)
    folds = _creases(rng, size_px)
    tone = 0.035 * slubs_u + 0.03 * slubs_v + 0.012 * cloud
    albedo = np.array([0.66, 0.615, 0.535], np.float32) * np.exp(tone)[..., None]
    # Thick threads stand out and are a little darker and warmer, as flax is.
    thick = smoothstep(1.6, 2.8, np.maximum(slubs_u, slubs_v))[..., None]
    albedo *= 1 - thick * np.array([0.05, 0.08, 0.13], np.float32)
    height = 3.2e-3 * folds + 1.4e-5 * (slubs_u + slubs_v)
    gloss = np.full((size_px, size_px), 0.15, np.float32)
    fine = _weave(rng, size_px // 2)
    return MaterialMaps(albedo.astype(np.float32), height.astype(np.float32), gloss, fine, 1.2, FINE_TILE_M)


def _creases(rng: np.random.Generator, size_px: int) -> Field:
    """Long soft waves with a few sharper ridges, as cloth shows that was folded and shaken out."""
    bend = spectral_noise(rng, size_px, (1, 6), 1.6) * np.float32(size_px / 16)
    waves = displaced(spectral_noise(rng, size_px, (2, 9), 1.4, (3.0, 1.0)), bend, bend)
    other = displaced(spectral_noise(rng, size_px, (2, 9), 1.4, (1.0, 2.6)), bend, -bend)
    ridges = np.exp(-((waves * 2.6) ** 2)) * smoothstep(-0.4, 1.2, other)
    return np.asarray(0.9 * waves + 0.7 * other + 0.55 * ridges, np.float32)


def _weave(rng: np.random.Generator, size_px: int) -> Field:
    """Deviation of the albedo's logarithm: threads that pass over and under each other in turn."""
    line = (np.arange(size_px, dtype=np.float32) + 0.5) / size_px
    drift_u = spectral_noise(rng, size_px, (2, 20), 0.8) * np.float32(0.12)
    drift_v = spectral_noise(rng, size_px, (2, 20), 0.8) * np.float32(0.12)
    along = line[None, :] * THREADS + drift_u
    across = line[:, None] * THREADS + drift_v
    warp, weft = _thread(along), _thread(across)
    # Who is on top changes from crossing to crossing: a chequerboard, smooth because threads bend.
    over = 0.5 + 0.5 * np.sin(np.pi * along) * np.sin(np.pi * across)
    body = over * warp + (1 - over) * weft
    uneven = spectral_noise(rng, size_px, (20, 180), 0.4)
    return np.asarray(0.42 * (body - float(body.mean())) + 0.05 * uneven, np.float32)


def _thread(position: NDArray[np.float32]) -> Field:
    """Round cross-section of parallel threads, 0 between two and 1 on top of one."""
    return np.asarray(np.sqrt(np.abs(np.sin(np.pi * position))), np.float32)

"""Boards sawn from virtual logs: growth rings, fibres, pores, joints, every board its own."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.generate.plates.noise import Field, displaced, smoothstep, spectral_noise
from services.generate.plates.texture import MaterialMaps


@dataclass(frozen=True)
class WoodSpecies:
    """Colours in linear RGB, lengths in metres.

    Args:
        early, late: Colour of the wood grown in spring and in late summer.
        pore: Colour of the open pores.
        ring_m: Mean distance of growth rings.
        pore_depth: How strongly pores show, 0 to 1.
        spread: How much boards differ in brightness, 0 to 1.
    """

    early: tuple[float, float, float]
    late: tuple[float, float, float]
    pore: tuple[float, float, float]
    ring_m: float
    pore_depth: float
    spread: float


OAK = WoodSpecies((0.55, 0.335, 0.158), (0.335, 0.178, 0.07), (0.12, 0.06, 0.026), 0.0042, 0.75, 0.1)
WALNUT = WoodSpecies((0.20, 0.112, 0.06), (0.098, 0.05, 0.026), (0.035, 0.017, 0.009), 0.0058, 0.6, 0.2)


def wood(rng: np.random.Generator, size_px: int, species: WoodSpecies, boards: int = 9) -> MaterialMaps:
    """Boards along u, side by side in v, 1.1 m square.

    Ring figure: a board is a plane through rings around a pith that lies below it and slowly rises and sinks along
    the board; where the plane touches a ring, the arches of plain-sawn timber appear (after Liu et al., "Simulating the
    structure and texture of solid wood", 2016, much simplified).
    """
    tile_m = 1.1
    line = (np.arange(size_px, dtype=np.float32) + 0.5) / size_px
    widths = rng.uniform(0.82, 1.18, boards)
    seams = np.concatenate([[0.0], np.cumsum(widths / widths.sum())])
    board = np.clip(np.searchsorted(seams, line, side="right") - 1, 0, boards - 1)
    inside_m = np.minimum(line - seams[board], seams[board + 1] - line) * tile_m  # to the nearer joint

    ring, streak = _figure(rng, size_px, board, (line - (seams[board] + seams[board + 1]) / 2) * tile_m, species)
    fibre = spectral_noise(rng, size_px, (60, size_px / 2.2), 0.35, (34, 1))
    pores = _pores(rng, size_px, ring)

    tone = np.clip(0.78 * ring + 0.2 * streak + 0.14 * fibre + 0.1, -0.3, 1.25)[..., None]
    early, late = np.array(species.early, np.float32), np.array(species.late, np.float32)
    albedo = early * (late / early) ** tone  # absorption adds up, so colours mix by their logarithms
    brightness = np.exp(rng.normal(0, species.spread, boards)).astype(np.float32)
    warmth = rng.normal(0, 0.014, boards).astype(np.float32)
    tint = np.stack([brightness * (1 + warmth), brightness, brightness * (1 - 1.3 * warmth)], -1)
    albedo = albedo * tint[board][:, None, :]
    albedo += (np.array(species.pore, np.float32) - albedo) * (species.pore_depth * pores)[..., None]

    gap = smoothstep(0.0011, 0.0002, inside_m.astype(np.float32))[:, None]
    bevel = smoothstep(0.0028, 0.0004, inside_m.astype(np.float32))[:, None]
    albedo *= (1 - 0.82 * gap)[..., None]
    height = -1.6e-4 * pores - 6e-4 * bevel + 2.2e-5 * fibre - 5e-5 * ring
    gloss = (1 - 0.75 * pores) * (1 - 0.9 * gap) * (0.85 + 0.1 * streak.clip(-1.5, 1.5))
    return MaterialMaps(
        albedo.astype(np.float32),
        height.astype(np.float32),
        gloss.astype(np.float32),
        _fibres(rng, size_px),
        tile_m,
        tile_m / 5,
    )


def _fibres(rng: np.random.Generator, size_px: int) -> Field:
    """Vessels and fibres, a fifth of a millimetre wide, and the finest pores."""
    fine_px = size_px // 2
    fibre = spectral_noise(rng, fine_px, (12, fine_px / 2.3), 0.25, (18, 1))
    streak = spectral_noise(rng, fine_px, (6, 90), 0.5, (14, 1))
    pores = smoothstep(1.7, 2.6, spectral_noise(rng, fine_px, (fine_px / 12, fine_px / 4), 0.2, (9, 1)) + 0.4 * streak)
    return np.asarray(0.07 * fibre + 0.035 * streak - 0.38 * pores, np.float32)


def _figure(
    rng: np.random.Generator, size_px: int, board: NDArray[np.intp], across_m: NDArray[np.float32], species: WoodSpecies
) -> tuple[Field, Field]:
    """Ring darkness in [0, 1] and slow streaks of every board."""
    boards = int(board.max()) + 1
    wobble = spectral_noise(rng, size_px, (1, 10), 1.6, (2.5, 1))
    ripple = spectral_noise(rng, size_px, (8, 120), 1.1, (14, 1))
    rise = spectral_noise(rng, size_px, (1, 2.6), 1.6, (1, 1))
    pith_depth = rng.uniform(0.012, 0.075, boards).astype(np.float32)[board][:, None]
    pith_aside = rng.normal(0, 0.03, boards).astype(np.float32)[board][:, None]
    slope = rng.uniform(0.012, 0.03, boards).astype(np.float32)[board][:, None]
    # Each board takes its slice of the noise from elsewhere along the log, so that neighbours don't line up.
    shift = (rng.integers(0, size_px, boards)[board]).astype(np.float32)[:, None] + np.zeros((1, size_px), np.float32)
    still = np.zeros_like(shift)
    along = displaced(np.broadcast_to(rise[size_px // 2], rise.shape).copy(), shift, still)
    aside = across_m[:, None] - pith_aside + 0.0042 * displaced(wobble, shift, still)
    deep = pith_depth + slope * along + 0.0003 * ripple
    radius = np.hypot(aside, deep)
    growth = radius / species.ring_m
    growth = growth + 0.55 * np.sin(growth * 0.61) + 0.4 * np.sin(growth * 0.233 + 1.0)  # good and bad years
    phase = growth - np.floor(growth)
    late = smoothstep(0.05, 0.86, phase) * smoothstep(1.0, 0.9, phase)
    streak = spectral_noise(rng, size_px, (3, 90), 0.9, (22, 1))
    return np.asarray(late * (0.75 + 0.18 * streak.clip(-1.5, 1.5)), np.float32), streak


def _pores(rng: np.random.Generator, size_px: int, ring: Field) -> Field:
    """Short dark dashes along the fibre, most of them in the spring wood, 0 to 1."""
    dashes = spectral_noise(rng, size_px, (size_px / 9, size_px / 3.4), 0.2, (11, 1))
    crowd = spectral_noise(rng, size_px, (4, 60), 0.8, (8, 1))
    return smoothstep(1.55, 2.35, dashes + 0.35 * crowd - 0.55 * ring)

"""What a generator left of a product that it drew too wide: the product's colour in a ring outside its alpha.

Each pixel is projected on the line between background and product colour. (Eshratifar et al., arXiv 2404.10157, call
the fault object expansion; projecting needs no segmenter.) Where the background without product is known, only what
differs from it counts. Where it is guessed, a ghost must begin at the edge and end within the ring, which a background
that merely has the product's colour does not; and patterns that could be either are left out. Where the product's
colour is seen at the ring's outer end, along a good part of the edge, a product was drawn wider than can be measured or
hidden, or the background looks like it: nobody can tell, so it counts as a ghost of the ring's width.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.common.srgb import encode, to_linear
from services.postprocess.preservation.backdrop import (
    FREE_PX,
    LEAST_CONTRAST,
    distinct,
    guess_backdrop,
    known_backdrop,
    projected,
)
from services.postprocess.preservation.edge import CLEAR, Edge, clear_run, find_edge, pixel_at

_STEP_PX: Final = 0.5
#: Coverage by which a guessed background may be wrong.
_FAINT: Final = 0.15
#: A sample further from the line of mixtures than this share of the contrast is no mixture of the two.
_LARGEST_DETOUR: Final = 0.25
#: Where an end within the ring would come to lie at the latest; whether the product's colour is still seen there counts
#: where it is along this share of the edge.
_REACH_PX: Final = (8.5, 10.5)
_MEANINGFUL: Final = 0.2
#: Values are averaged over this length of outline, so that one noisy pixel is no worst spot.
_ALONG_PX: Final = 9.0


@dataclass(frozen=True)
class Ghost:
    """How far the product's colour reaches beyond its alpha.

    Args:
        mean_px: Coverage outside in px per px of visible edge, 0 or more.
        p95_px: The same, exceeded along 5 % of that edge.
        worst_px: Where it is largest.
        worst_yx: That place, in pixels of the arrays; None where there is no edge.
        visible: Share of the edge, 0 to 1, where product and background can be told apart.
        points_yx: (N, 2) float64, where it was measured.
        values_px: (N,) float64, its value there.
    """

    mean_px: float
    p95_px: float
    worst_px: float
    worst_yx: tuple[int, int] | None
    visible: float
    points_yx: NDArray[np.float64]
    values_px: NDArray[np.float64]


def measure_ghost(
    picture: NDArray[np.uint8],
    coverage: NDArray[np.float32],
    color: NDArray[np.uint8],
    backdrop: NDArray[np.uint8] | None = None,
    edge: Edge | None = None,
) -> Ghost:
    """Product colour outside the product.

    Args:
        picture: (H, W, 3) uint8 sRGB, the finished picture.
        coverage: (H, W) float32, 0 to 1, the product's true alpha.
        color: (H, W, 3) uint8 sRGB, straight, the product's colour where coverage is above 0.
        backdrop: (H, W, 3) uint8 sRGB, the background with its shadows and without product, if it is surely free of it;
            None = a generator may have drawn one there.
        edge: Of this coverage, if it was found before.

    Returns:
        Values of a guessed background are at most 12 px, and 12 px where the product's colour does not end.
    """
    edge = find_edge(coverage) if edge is None else edge
    if not len(edge):
        return Ghost(0.0, 0.0, 0.0, None, 0.0, edge.points, np.zeros(0))
    inside = _edge_color(edge, to_linear(color), coverage)[:, None]
    behind = guess_backdrop(picture, coverage) if backdrop is None else known_backdrop(backdrop)
    offsets = np.arange(0.0, FREE_PX + 0.1, _STEP_PX)
    own, light = edge.across(coverage, offsets), edge.across(behind.light, offsets)
    scatter = None if behind.scatter is None else edge.across(behind.scatter, offsets)
    seen = clear_run(own) & distinct(inside, light, scatter)
    shown = to_linear(picture)
    endless = np.zeros(len(edge), np.bool_)
    if backdrop is None:
        across = edge.across(shown, offsets)
        endless = _endless(across, inside, own, offsets)
        values = np.where(endless, FREE_PX, _ending(across - light, inside - light, own, seen))
    else:
        # Pixels are compared before they are sampled: samples of the parts mix otherwise than pixels did.
        composed = behind.light + (to_linear(color) - behind.light) * coverage[..., None]
        added = projected(edge.across(shown - composed, offsets), inside - light)
        values = (np.clip(added, -1, 1) * seen).sum(axis=1) * _STEP_PX
    visible = seen[:, : round(4 / _STEP_PX)].any(axis=1) | endless
    found = np.maximum(edge.smoothed(values.astype(np.float64), _ALONG_PX), 0)
    worst = int(np.argmax(found))
    return Ghost(
        mean_px=float(found[visible].mean()) if visible.any() else 0.0,
        p95_px=float(np.percentile(found[visible], 95)) if visible.any() else 0.0,
        worst_px=float(found[worst]),
        worst_yx=pixel_at(edge.points[worst]),
        visible=float(visible.mean()),
        points_yx=edge.points,
        values_px=found,
    )


def _edge_color(edge: Edge, color: NDArray[np.float32], coverage: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, 3) linear colour of the product just inside its edge."""
    depths = -np.arange(0.0, 3.1, 0.5)
    # Weighted with coverage, as colour means nothing where that is 0.
    weights = edge.across(coverage, depths)
    light = edge.across(color * coverage[..., None], depths)
    return np.asarray(light.sum(axis=1) / np.maximum(weights.sum(axis=1, keepdims=True), 1e-6))


def _ending(
    shown: NDArray[np.float32], line: NDArray[np.float32], own: NDArray[np.float32], seen: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """(N,) px of coverage beyond `own` that falls outwards to nothing within the ring; 0 where it does not end.

    Args:
        shown, line: (N, K, 3), what is seen and what the product would be, less the background.
        own: (N, K), coverage that the alpha explains.
        seen: (N, K), where either can be told from the other.
    """
    mixed = projected(shown, line)
    detour = np.linalg.norm(shown - mixed[..., None] * line, axis=-1)
    mixed = np.where(seen & (detour <= _LARGEST_DETOUR * np.linalg.norm(line, axis=-1)), np.clip(mixed, 0, 1), 0)
    falling = np.minimum.accumulate(mixed, axis=1)
    added = np.where(falling > _FAINT, np.maximum(falling - own, 0), 0).sum(axis=1) * _STEP_PX
    return np.asarray(added * (falling[:, -1] <= _FAINT), np.float32)


def _endless(
    shown: NDArray[np.float32], inside: NDArray[np.float32], own: NDArray[np.float32], offsets: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """(N,) where the product's colour is seen as far out as anybody looks; nowhere, if that is little of the edge.

    Args:
        shown: (N, K, 3) linear, what is seen.
        inside: (N, 1, 3) linear, the product's colour at its edge.
        own: (N, K), coverage that the alpha explains.
        offsets: (K,) of the samples, outwards.
    """
    first, last = _REACH_PX
    reach = (offsets >= first) & (offsets <= last)
    away = np.linalg.norm(encode(shown[:, reach]) - encode(inside), axis=-1).mean(axis=1)
    # Where the product begins again, as between two straps, its colour is its own.
    free = clear_run(own)[:, offsets <= last].all(axis=1) & (own[:, reach].max(axis=1) < CLEAR)
    endless = free & (away < LEAST_CONTRAST)
    return np.asarray(endless & (endless.sum() >= _MEANINGFUL * max(int(free.sum()), 1)), np.bool_)

"""Halos: a bright or dark fringe on the product's edge, as a jump of luma in a ring 2 px wide.

In a composite the ring should hold the product's own colour from a little further inside, as much of it as alpha says.
What it holds beyond that came from the old background, from sharpening or from blending.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.srgb import to_bytes, to_linear
from services.postprocess.preservation.backdrop import LEAST_CONTRAST, guess_backdrop, known_backdrop
from services.postprocess.preservation.edge import Edge, clear_run, find_edge, pixel_at

_STEP_PX: Final = 0.5
#: The ring reaches this far to either side of the line of half coverage.
_RING_PX: Final = 1.0
_RING: Final = np.arange(-_RING_PX, _RING_PX + 0.01, _STEP_PX)
#: Where the product's own colour is read, from the edge inwards.
_INSIDE_PX: Final = (3.0, 5.0)
#: A fringe runs along the outline, and print or texture does not: jumps are averaged over this much of it.
_ALONG_PX: Final = 25.0


@dataclass(frozen=True)
class Halo:
    """Jumps of luma in the ring, 0 to 255.

    Args:
        mean: Of the jump's size over the outline.
        worst: The largest, with its sign: above 0 = too bright.
        worst_yx: That place, in pixels of the arrays; None where there is no outline.
        points_yx: (N, 2) float64; jumps: (N,) float64, with their sign.
    """

    mean: float
    worst: float
    worst_yx: tuple[int, int] | None
    points_yx: NDArray[np.float64]
    jumps: NDArray[np.float64]


class Rim:
    """A product's edge, and what should be seen there: read once, for as many backgrounds as are looked at.

    Args:
        coverage: (H, W) float32, 0 to 1, the product's true alpha.
        color: (H, W, 3) uint8 sRGB, straight, the product's colour where coverage is above 0.
        edge: Of this coverage, if it was found before.
    """

    def __init__(self, coverage: NDArray[np.float32], color: NDArray[np.uint8], edge: Edge | None = None) -> None:
        self._edge = find_edge(coverage) if edge is None else edge
        self._coverage = coverage
        # The composite is sampled as a whole, since samples of its parts mix otherwise than pixels did; then the
        # product's share in it is exchanged for what that would be with the inner colour.
        self._own_light = to_linear(color) * coverage[..., None]
        self._own = self._edge.across(coverage, _RING)
        self._light = self._edge.across(self._own_light, _RING)
        inner = _inner_color(self._edge, self._own_light, coverage) if len(self._edge) else np.zeros((0, 3), np.float32)
        self._exchange = inner[:, None] * self._own[..., None] - self._light

    def halo_in(self, picture: NDArray[np.uint8], backdrop: NDArray[np.uint8] | None = None) -> Halo:
        """The halo in a picture.

        Args:
            picture: (H, W, 3) uint8 sRGB, the finished picture.
            backdrop: (H, W, 3) uint8 sRGB, the background with its shadows and without product; None = guessed, and
                what it is too patterned to be guessed for counts as no jump.
        """
        behind = guess_backdrop(picture, self._coverage) if backdrop is None else known_backdrop(backdrop)
        composed = behind.light * (1 - self._coverage)[..., None] + self._own_light
        clear = _reachable(self._own)
        if behind.scatter is not None:
            clear &= self._edge.across(behind.scatter, _RING) < LEAST_CONTRAST / 4
        return self._halo(
            self._edge.across(to_linear(picture), _RING), self._edge.across(composed, _RING) + self._exchange, clear
        )

    def halo_on(self, background: tuple[int, int, int]) -> Halo:
        """The halo that the cutout shows on one colour; black and white are the test.

        Args:
            background: sRGB, 0 to 255.
        """
        below = to_linear(np.array(background, np.uint8)[None, None])
        shown = below * (1 - self._own)[..., None] + self._light
        return self._halo(shown, shown + self._exchange, _reachable(self._own))

    def _halo(self, shown: NDArray[np.float32], expected: NDArray[np.float32], clear: NDArray[np.bool_]) -> Halo:
        edge = self._edge
        if not len(edge):
            return Halo(0.0, 0.0, None, edge.points, np.zeros(0))
        found = (_luma(shown) - _luma(expected)) * clear
        # The jump is that of the half of the ring that shows it more: a fringe may lie on either side of the line.
        half = len(_RING) // 2
        sides = np.stack([found[:, : half + 1].mean(axis=1), found[:, half:].mean(axis=1)])
        jumps = np.take_along_axis(sides, np.abs(sides).argmax(axis=0)[None], axis=0)[0]
        jumps = edge.smoothed(jumps.astype(np.float64), _ALONG_PX)
        worst = int(np.argmax(np.abs(jumps)))
        return Halo(
            mean=float(np.abs(jumps).mean()),
            worst=float(jumps[worst]),
            worst_yx=pixel_at(edge.points[worst]),
            points_yx=edge.points,
            jumps=jumps,
        )


def _reachable(own: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Samples on this product's own side of any gap."""
    middle = own.shape[1] // 2
    outside = clear_run(own[:, middle:])
    return np.concatenate([np.ones_like(outside[:, : own.shape[1] - outside.shape[1]]), outside], axis=1)


def _inner_color(edge: Edge, own_light: NDArray[np.float32], coverage: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, 3) linear colour a little inside the edge; of parts too thin for that, their middle's."""
    depths = -np.arange(0.0, _INSIDE_PX[1] + 0.1, _STEP_PX)
    cover = edge.across(coverage, depths)
    # The deepest samples before the product ends on the other side, full ones above all.
    weights = np.logical_and.accumulate(cover >= np.maximum.accumulate(cover, axis=1) - 0.02, axis=1) * cover**4
    weights = weights * np.where(-depths >= _INSIDE_PX[0], 1.0, 1e-3)
    light = edge.across(own_light, depths)
    total = (light * weights[..., None]).sum(axis=1) / np.maximum((cover * weights).sum(axis=1, keepdims=True), 1e-9)
    return np.asarray(total, np.float32)


def _luma(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """Encoded luma of linear colours, 0 to 255, over the last axis."""
    encoded = to_bytes(light)
    return np.asarray(cv2.cvtColor(encoded, cv2.COLOR_RGB2GRAY), np.float32)

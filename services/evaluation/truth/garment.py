"""A product of which everything is known: a top with two thin shoulder straps, a ring, print and stripes."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from services.common.geometry import SizeHW
from services.common.srgb import decode
from services.evaluation.truth.field import around_line, convex, covered, disc, ring
from services.evaluation.truth.lettering import Line, written
from services.evaluation.truth.strap import Strap

Array = NDArray[np.float32]
RGB = tuple[float, float, float]

#: x-heights of the print's lines, in pixels.
X_HEIGHTS: Final = (24.0, 16.0, 12.0, 8.0, 6.0)
WORDS: Final = ("Harbour", "linen & silk", "made to be worn", "wash cold, line dry", "model 4071 size medium")
#: Pixels from one fine stripe to the next; two would be the least that pixels can show.
STRIPE_PX: Final = 2.4
#: Shares of a strap's length that lie clear of the body.
_FREE: Final = (0.12, 0.88)


@dataclass(frozen=True)
class Garment:
    """The drawing. Lengths in pixels of a picture of `size_hw`.

    Args:
        size_hw: The picture's size.
        body: (N, 2) corners of the convex body, clockwise.
        neck: Middle (x, y) and radius of what is cut out for the neck.
        straps: The shoulder straps.
        ring_at, ring_radius, ring_width: A ring that hangs beside the body, with a hole.
        color, ink: sRGB, 0 to 1, of cloth and print.
        lines: What is printed on it.
        seed: Of its shading.
    """

    size_hw: SizeHW
    body: NDArray[np.float64]
    neck: tuple[tuple[float, float], float]
    straps: tuple[Strap, ...]
    ring_at: tuple[float, float]
    ring_radius: float
    ring_width: float
    color: RGB
    ink: RGB
    lines: tuple[Line, ...]
    seed: int

    @classmethod
    def drawn(cls, side_px: int, widths: tuple[float, float], color: RGB, seed: int) -> Self:
        """A top that fills most of a square picture.

        Args:
            side_px: The picture's side.
            widths: Of the two straps, in pixels.
            color: Of the cloth, sRGB.
            seed: Of its proportions.
        """
        rng = np.random.default_rng(seed)
        unit = float(side_px)
        top, hem = unit * rng.uniform(0.4, 0.46), unit * rng.uniform(0.86, 0.92)
        shoulder, waist = unit * rng.uniform(0.26, 0.29), unit * rng.uniform(0.3, 0.34)
        middle = unit * rng.uniform(0.46, 0.54)
        body = np.array([
            [middle - shoulder, top], [middle + shoulder, top + unit * rng.uniform(-0.01, 0.01)],
            [middle + waist, hem], [middle - waist, hem + unit * rng.uniform(-0.02, 0.02)],
        ])  # fmt: skip
        straps = tuple(
            _strap(middle + sign * shoulder * 0.6, top, unit, width, rng)
            for sign, width in zip((-1, 1), widths, strict=True)
        )
        ring_radius = unit * rng.uniform(0.035, 0.05)
        # It touches the slanting side, as a buckle would.
        side = middle + shoulder + (waist - shoulder) * 0.5
        ring_at = (side + 0.8 * ring_radius, (top + hem) / 2)
        ink = (0.95, 0.94, 0.9) if sum(color) < 1.5 else (0.1, 0.1, 0.14)
        lines = _lines(middle - shoulder * 0.85, top + unit * 0.08, hem - unit * 0.105)
        neck = ((middle, top - unit * 0.03), unit * rng.uniform(0.06, 0.08))
        ring_width = float(np.mean(widths))
        return cls(
            (side_px, side_px), body, neck, straps, ring_at, ring_radius, ring_width, color, ink, lines, seed
        )  # fmt: skip

    def alpha(self, outset_px: float = 0.0) -> Array:
        """(H, W) float32 coverage, with every outline moved outwards by so much."""
        field = convex(self.size_hw, self.body)
        np.maximum(field, -disc(self.size_hw, *self.neck), out=field)
        np.minimum(field, ring(self.size_hw, self.ring_at, self.ring_radius, self.ring_width), out=field)
        for strap in self.straps:
            # The reach grows with the outset, beyond which a line's distance is not told.
            band = around_line(self.size_hw, strap.line, strap.width_px / 2 + max(0.0, outset_px))
            np.minimum(field, band + np.float32(max(0.0, outset_px)), out=field)
        return covered(field - np.float32(outset_px))

    def colors(self) -> Array:
        """(H, W, 3) float32 linear, the product's own colour, told everywhere."""
        rng = np.random.default_rng(self.seed + 1)
        height, width = self.size_hw
        y, x = np.mgrid[:height, :width] + 0.5
        turn, length = rng.uniform(0, np.pi), rng.uniform(0.25, 0.5) * max(self.size_hw)
        folds = 1 + 0.12 * np.sin((x * np.cos(turn) + y * np.sin(turn)) * 2 * np.pi / length)
        weave = 1 + 0.02 * np.cos(np.pi * x) * np.cos(np.pi * y)
        cloth = decode(np.array(self.color, np.float32)) * (folds * weave)[..., None]
        band = _stripes(self.body, x, y)[..., None]
        ink = written(self.size_hw, self.lines)[..., None] * np.float32(0.95)
        cloth = cloth * (1 - 0.6 * band)
        return np.asarray(np.clip(cloth * (1 - ink) + decode(np.array(self.ink, np.float32)) * ink, 0, 1), np.float32)


def _strap(foot_x: float, top: float, unit: float, width: float, rng: np.random.Generator) -> Strap:
    """An arch over one shoulder, standing on the body's upper edge."""
    foot = (foot_x, top + 0.02 * unit)
    return Strap.arch(
        foot, unit * rng.uniform(0.13, 0.17), unit * rng.uniform(0.14, 0.22), rng.uniform(-0.25, 0.25), width, _FREE
    )


def _lines(left: float, top: float, bottom: float) -> tuple[Line, ...]:
    """As many lines, the largest first, as the body has room for."""
    found, baseline = [], top
    for x_height, text in zip(X_HEIGHTS, WORDS, strict=True):
        baseline += 2 * x_height
        if baseline < bottom:
            found.append(Line(text, x_height, left, baseline))
    return tuple(found)


def _stripes(body: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fine stripes in a band along the hem, 0 to 1."""
    hem = float(body[:, 1].max())
    height = 0.05 * x.shape[1]
    inside = (y > hem - 2 * height) & (y < hem - height)
    return np.asarray(inside * (0.5 + 0.5 * np.sin(2 * np.pi * x / STRIPE_PX)))

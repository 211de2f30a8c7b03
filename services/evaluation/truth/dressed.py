"""Drawn photos of a garment on a mannequin, of which it is known what is cloth."""

from dataclasses import dataclass
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.geometry import SizeHW
from services.common.srgb import decode
from services.evaluation.truth.backdrop import gradient, octaves, studio
from services.evaluation.truth.field import around_line, convex, covered, disc
from services.evaluation.truth.mannequin import Limb, Mannequin, shaded
from services.evaluation.truth.photo import Blend, developed, mixed

Array = NDArray[np.float32]
RGB = tuple[float, float, float]

SIDE_PX: Final = 640
#: Mannequin, cloth and print, sRGB: cloth of its own colour.
APART: Final[tuple[tuple[RGB, RGB, RGB], ...]] = (
    ((0.90, 0.90, 0.88), (0.62, 0.12, 0.15), (0.95, 0.94, 0.90)),
    ((0.86, 0.68, 0.58), (0.13, 0.25, 0.48), (0.90, 0.80, 0.30)),
    ((0.08, 0.08, 0.09), (0.86, 0.84, 0.78), (0.20, 0.30, 0.50)),
    ((0.60, 0.60, 0.60), (0.18, 0.38, 0.24), (0.92, 0.90, 0.85)),
    ((0.90, 0.90, 0.88), (0.10, 0.11, 0.14), (0.75, 0.20, 0.20)),
    ((0.48, 0.33, 0.25), (0.80, 0.72, 0.28), (0.15, 0.15, 0.20)),
    ((0.86, 0.68, 0.58), (0.92, 0.91, 0.88), (0.10, 0.10, 0.12)),
)
#: The same where the mannequin has about the garment's colour.
ALIKE: Final[tuple[tuple[RGB, RGB, RGB], ...]] = (
    ((0.90, 0.90, 0.88), (0.93, 0.92, 0.89), (0.30, 0.40, 0.60)),
    ((0.86, 0.68, 0.58), (0.84, 0.70, 0.56), (0.40, 0.20, 0.20)),
    ((0.08, 0.08, 0.09), (0.12, 0.12, 0.14), (0.80, 0.80, 0.80)),
    ((0.60, 0.60, 0.60), (0.52, 0.53, 0.55), (0.15, 0.15, 0.20)),
)
#: What photos are taken before, sRGB.
_BEHIND: Final[tuple[RGB, ...]] = ((0.80, 0.80, 0.82), (0.42, 0.46, 0.50), (0.70, 0.66, 0.60))
_BACKDROPS: Final = (studio, gradient, octaves)
KINDS: Final = ("tee", "jumper", "dress", "trousers")
PRINTS: Final = ("plain", "stripes", "dots", "plain", "panel")
#: How much darker the inside of a collar is, and how far the garment's own shadow reaches on the mannequin.
_INSIDE: Final = 0.62
_CONTACT: Final = 0.012


@dataclass(frozen=True)
class Dressed:
    """One drawn photo.

    Args:
        name: Says what it shows.
        photo: (H, W, 3) uint8 sRGB.
        garment: (H, W) float32, true coverage by cloth that is seen.
        whole: (H, W) float32, by cloth, mannequin and stand together.
        colors: (H, W, 3) float32 linear, the cloth's true colour where it is seen.
    """

    name: str
    photo: NDArray[np.uint8]
    garment: Array
    whole: Array
    colors: Array

    @classmethod
    def drawn(cls, number: int, alike: bool = False) -> Self:
        """The photo of that number, from 0: the same every time.

        Args:
            number: Goes through kinds of garments, colours, prints, heads and stands.
            alike: The mannequin has about the garment's colour.
        """
        rng = np.random.default_rng(9000 + number)
        pairs = ALIKE if alike else APART
        plastic, cloth, ink = pairs[number % len(pairs)]
        kind, pattern = KINDS[number % len(KINDS)], PRINTS[number % len(PRINTS)]
        size_hw = SIDE_PX, SIDE_PX
        figure = _Figure.drawn(rng, kind, head=number % 3 == 0, stand=number % 2 == 0)
        mannequin = Mannequin(size_hw, figure.limbs, plastic)
        front, inside = covered(figure.front(size_hw)), covered(figure.inside(size_hw))
        relief = mannequin.height() + 0.5 * Mannequin(size_hw, figure.padding, plastic).height()
        colors = _cloth(size_hw, cloth, ink, pattern, relief, rng)
        pole = covered(figure.stand(size_hw))
        body = mannequin.alpha()
        behind = _BACKDROPS[number % len(_BACKDROPS)](size_hw, _BEHIND[number % len(_BEHIND)], 9100 + number)
        light = mixed(pole, np.full_like(colors, 0.3), behind, Blend.LIGHT)
        light = mixed(inside, colors * np.float32(_INSIDE), light, Blend.LIGHT)
        near = cv2.GaussianBlur(front, (0, 0), _CONTACT * SIDE_PX)[..., None]
        light = mixed(body, np.asarray(mannequin.colors() * (1 - 0.45 * near), np.float32), light, Blend.LIGHT)
        light = mixed(front, colors, light, Blend.LIGHT)
        under = (1 - front) * (1 - body) * inside
        seen = front + under
        shade = (front + np.float32(_INSIDE) * under) / np.maximum(seen, np.float32(1e-6))
        whole = 1 - (1 - front) * (1 - body) * (1 - inside) * (1 - pole)
        name = f"{number}: {kind}, {pattern}"
        return cls(
            name,
            developed(light),
            seen,
            np.asarray(whole, np.float32),
            np.asarray(colors * shade[..., None], np.float32),
        )


@dataclass(frozen=True)
class _Figure:
    """Outlines of a garment and the mannequin in it, all lengths in pixels."""

    kind: str
    limbs: tuple[Limb, ...]
    padding: tuple[Limb, ...]
    hull: NDArray[np.float64]
    neck: tuple[tuple[float, float], float]
    pole: tuple[tuple[float, float], ...]

    @classmethod
    def drawn(cls, rng: np.random.Generator, kind: str, head: bool, stand: bool) -> Self:
        """A mannequin in the middle of the picture, wearing something of that kind."""
        unit = float(SIDE_PX)
        middle = unit * rng.uniform(0.48, 0.52)
        if kind == "trousers":
            return cls._trousers(rng, unit, middle, stand)
        shoulder, wide = unit * rng.uniform(0.29, 0.31), unit * rng.uniform(0.13, 0.15)
        hem = unit * (rng.uniform(0.68, 0.74) if kind == "dress" else rng.uniform(0.6, 0.66))
        skirt = wide + unit * (rng.uniform(0.03, 0.07) if kind == "dress" else 0.01)
        hull = np.array([[middle - wide, shoulder], [middle - 0.4 * wide, shoulder - 0.035 * unit],
                         [middle + 0.4 * wide, shoulder - 0.035 * unit], [middle + wide, shoulder],
                         [middle + skirt, hem], [middle - skirt, hem]])  # fmt: skip
        limbs = [Limb(((middle, unit * 0.21), (middle, shoulder)), unit * 0.042),
                 Limb(((middle, shoulder + wide * 0.8), (middle, hem - 0.03 * unit)), wide * 0.82)]  # fmt: skip
        if head:
            limbs.append(Limb(((middle, unit * 0.1), (middle, unit * 0.15)), unit * 0.062))
        arms, sleeves = [], []
        reach = {"tee": 0.36, "jumper": 0.86, "dress": 0.0}[kind]
        for sign in (-1, 1):
            top = (middle + sign * wide * 0.86, shoulder + 0.035 * unit)
            hand = (middle + sign * (wide + unit * rng.uniform(0.07, 0.12)), unit * rng.uniform(0.58, 0.62))
            arms.append(Limb((top, hand), unit * 0.03))
            cuff = (top[0] + reach * (hand[0] - top[0]), top[1] + reach * (hand[1] - top[1]))
            if reach:
                sleeves.append(Limb((top, cuff), unit * 0.042))
        legs: list[Limb] = []
        pole: tuple[tuple[float, float], ...] = ()
        if stand:
            pole = ((middle, hem - 0.05 * unit), (middle, unit * 0.94))
        else:
            legs = [Limb(((middle + sign * wide * 0.45, hem - 0.05 * unit), (middle + sign * wide * 0.5, unit * 0.93)),
                         unit * 0.042) for sign in (-1, 1)]  # fmt: skip
        return cls(kind, (*limbs, *arms, *legs), tuple(sleeves), hull,
                   ((middle, shoulder - 0.045 * unit), unit * rng.uniform(0.062, 0.085)), pole)  # fmt: skip

    @classmethod
    def _trousers(cls, rng: np.random.Generator, unit: float, middle: float, stand: bool) -> Self:
        wide, top = unit * rng.uniform(0.12, 0.135), unit * rng.uniform(0.2, 0.24)
        limbs = [Limb(((middle, unit * 0.14), (middle, top + 0.06 * unit)), wide * 0.88)]
        padding = []
        for sign in (-1, 1):
            ankle = (middle + sign * wide * 0.72, unit * 0.82)
            padding.append(Limb(((middle + sign * wide * 0.5, top + 0.1 * unit), ankle), wide * 0.48))
            limbs.append(Limb(((ankle[0], unit * 0.7), (ankle[0], unit * 0.9)), unit * 0.03))
        hull = np.array([[middle - wide, top], [middle + wide, top], [middle + wide, top + 0.16 * unit],
                         [middle - wide, top + 0.16 * unit]])  # fmt: skip
        pole = ((middle, top), (middle, unit * 0.95)) if stand else ()
        return cls("trousers", tuple(limbs), tuple(padding), hull, ((middle, -unit), 1.0), pole)

    def front(self, size_hw: SizeHW) -> Array:
        """The garment before the mannequin, without what its neck leaves open."""
        field = convex(size_hw, self.hull)
        for sleeve in self.padding:
            np.minimum(field, around_line(size_hw, np.array(sleeve.line), sleeve.radius), out=field)
        return np.maximum(field, -disc(size_hw, *self.neck))

    def inside(self, size_hw: SizeHW) -> Array:
        """The back of its collar, seen from inside behind the mannequin's neck."""
        (x, y), radius = self.neck
        return np.maximum(disc(size_hw, (x, y), radius + 1), -disc(size_hw, (x, y - 0.75 * radius), 1.2 * radius))

    def stand(self, size_hw: SizeHW) -> Array:
        """A pole with a foot, or nothing."""
        if not self.pole:
            return np.full((2 * size_hw[0], 2 * size_hw[1]), np.float32(9), np.float32)
        (x, foot), unit = self.pole[-1], size_hw[0]
        plate = around_line(size_hw, np.array([[x - 0.08 * unit, foot], [x + 0.08 * unit, foot]]), 0.012 * unit)
        return np.minimum(around_line(size_hw, np.array(self.pole), 0.011 * unit), plate)


def _cloth(
    size_hw: SizeHW, color: RGB, ink: RGB, pattern: str, relief: Array, rng: np.random.Generator
) -> Array:  # fmt: skip
    """Folds, weave and print over a body: (H, W, 3) float32 linear."""
    y, x = (np.asarray(each + 0.5, np.float32) for each in np.mgrid[: size_hw[0], : size_hw[1]])
    folds = np.zeros(size_hw, np.float32)
    for _ in range(4):
        turn, length = rng.uniform(-0.5, 0.5), rng.uniform(0.05, 0.16) * SIDE_PX
        folds += np.sin((x * np.cos(turn) + y * np.sin(turn)) * 2 * np.pi / length + rng.uniform(0, 6)) * length / 16
    weave = 1 + 0.03 * rng.normal(size=size_hw).astype(np.float32)
    printed = _printed(pattern, x, y)[..., None]
    base, over = (decode(np.array(each, np.float32)) for each in (color, ink))
    albedo = (base * (1 - printed) + over * printed) * weave[..., None]
    return shaded(np.asarray(albedo, np.float32), cv2.GaussianBlur(relief, (0, 0), 4) + folds, gloss=0.0)


def _printed(pattern: str, x: Array, y: Array) -> Array:
    """Where the print is, 0 to 1."""
    if pattern == "stripes":
        return _clipped(2 * np.sin(y * 2 * np.pi / (0.05 * SIDE_PX)) - 0.4)
    if pattern == "dots":
        pitch = 0.045 * SIDE_PX
        return _clipped(0.28 * pitch - np.hypot(x % pitch - pitch / 2, y % pitch - pitch / 2) + 0.5)
    if pattern == "panel":
        away = np.maximum(np.abs(x - 0.5 * SIDE_PX) - 0.07 * SIDE_PX, np.abs(y - 0.44 * SIDE_PX) - 0.05 * SIDE_PX)
        return _clipped(0.5 - away)
    return np.zeros_like(x)


def _clipped(values: Array) -> Array:
    return np.asarray(np.clip(values, 0, 1), np.float32)

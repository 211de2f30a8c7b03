"""Round goods and boxes of every proportion, plain and printed."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.evaluation.truth.solids import Crate, Solid, Turned

#: Rows and columns of a print; columns go once round a body.
_PRINT_HW: Final = (256, 768)
_WORDS: Final = ("VITRINE", "No. 7", "FINE GOODS", "250 ml", "EST. 1907", "pure", "ORANGE", "net wt. 9 oz")
#: Linear RGB of bodies.
_BODIES: Final = ((0.55, 0.5, 0.42), (0.28, 0.09, 0.06), (0.06, 0.16, 0.26), (0.62, 0.62, 0.6), (0.1, 0.2, 0.1))


@dataclass(frozen=True)
class Good:
    """Something to photograph.

    Args:
        name: In words.
        solid: Its shape.
        paint: (h, w, 3) float32 linear RGB, laid on by a hit's place, row 0 on top.
    """

    name: str
    solid: Solid
    paint: NDArray[np.float32]


def round_good(number: int) -> Good:
    """A cup, jar, bowl, bottle or tin; every other one is printed."""
    rng = np.random.default_rng((61, number))
    makers: tuple[tuple[str, Callable[[np.random.Generator], Turned]], ...] = (
        ("cup", _cup), ("jar", _jar), ("bowl", _bowl), ("bottle", _bottle), ("tin", _tin),
    )  # fmt: skip
    name, make = makers[number % len(makers)]
    return _painted(name, make(rng), rng, printed=number // len(makers) % 2 == 1)


def box_good(number: int) -> Good:
    """A box, from flat to upright, turned by 0 to 90 degrees; every other one is printed."""
    rng = np.random.default_rng((62, number))
    width, height, depth = rng.uniform(0.08, 0.24), rng.uniform(0.05, 0.3), rng.uniform(0.05, 0.2)
    crate = Crate(width, height, depth, 90 * (0.5 + number * 0.7548776662) % 90)
    return _painted("box", crate, rng, printed=number % 2 == 1)


def _painted(name: str, solid: Solid, rng: np.random.Generator, *, printed: bool) -> Good:
    body = np.array(_BODIES[rng.integers(len(_BODIES))], np.float32)
    paint = np.broadcast_to(body, (*_PRINT_HW, 3)).copy()
    if printed:
        _print(paint, rng)
    return Good(f"{'printed' if printed else 'plain'} {name}", solid, paint)


def _print(paint: NDArray[np.float32], rng: np.random.Generator) -> None:
    """A band with words and rings all the way round."""
    height, width = _PRINT_HW
    top, bottom = int(height * rng.uniform(0.2, 0.3)), int(height * rng.uniform(0.75, 0.88))
    paint[top:bottom] = rng.uniform(0.1, 0.8, 3)
    ink = np.zeros(_PRINT_HW, np.uint8)
    for left in range(0, width, width // 6):
        word = _WORDS[rng.integers(len(_WORDS))]
        row = int(rng.uniform(top + 40, bottom - 12))
        cv2.putText(ink, word, (left + 6, row), cv2.FONT_HERSHEY_DUPLEX, rng.uniform(0.6, 0.9), 255, 2, cv2.LINE_AA)
        if rng.random() < 0.5:
            cv2.circle(ink, (left + 60, top + 24), 16, 255, 3, cv2.LINE_AA)
    share = (ink / np.float32(255))[..., None]
    paint += share * (rng.uniform(0, 0.5, 3).astype(np.float32) - paint)


def _cup(rng: np.random.Generator) -> Turned:
    foot, rim, height = rng.uniform(0.025, 0.035), rng.uniform(0.036, 0.045), rng.uniform(0.07, 0.11)
    wall = 0.003
    outside = ((0.0, 0.0), (foot - 0.002, 0.0), (foot, 0.002), (rim, height))
    return Turned((*outside, (rim - wall, height), (foot - wall, 0.006), (0.0, 0.006)))


def _tin(rng: np.random.Generator) -> Turned:
    radius, height = rng.uniform(0.03, 0.06), rng.uniform(0.05, 0.14)
    return Turned(((0.0, 0.0), (radius, 0.0), (radius, height), (0.0, height)))


def _jar(rng: np.random.Generator) -> Turned:
    radius, height, lid = rng.uniform(0.035, 0.05), rng.uniform(0.07, 0.12), rng.uniform(0.028, 0.034)
    shoulder = [
        (radius - (radius - lid) * (1 - math.cos(turn)), height + 0.012 * math.sin(turn))
        for turn in np.linspace(0, math.pi / 2, 5)
    ]
    body = ((0.0, 0.0), (radius - 0.003, 0.0), (radius - 0.001, 0.001), (radius, 0.003))
    top = height + 0.03
    return Turned((*body, *shoulder, (lid + 0.002, height + 0.012), (lid + 0.002, top), (0.0, top)))


def _bowl(rng: np.random.Generator) -> Turned:
    foot, rim, height, wall = rng.uniform(0.03, 0.04), rng.uniform(0.07, 0.1), rng.uniform(0.05, 0.08), 0.004
    curve = [
        (foot + (rim - foot) * math.sin(turn), 0.008 + (height - 0.008) * (1 - math.cos(turn)))
        for turn in np.linspace(0, math.pi / 2, 9)
    ]
    inside = [(max(0.0, radius - wall), up + wall) for radius, up in reversed(curve[:-1])]
    return Turned(((0.0, 0.0), (foot, 0.0), *curve, (rim - wall, height), *inside, (0.0, 0.008 + wall)))


def _bottle(rng: np.random.Generator) -> Turned:
    radius, height, neck = rng.uniform(0.03, 0.042), rng.uniform(0.14, 0.2), rng.uniform(0.011, 0.016)
    shoulder = [
        (neck + (radius - neck) * (0.5 + 0.5 * math.cos(turn)), height + 0.04 * turn / math.pi)
        for turn in np.linspace(0, math.pi, 7)
    ]
    cap, top = neck + 0.003, height + 0.085
    body = ((0.0, 0.0), (radius - 0.003, 0.0), (radius - 0.001, 0.001), (radius, 0.003))
    return Turned((*body, *shoulder, (neck, top - 0.025), (cap, top - 0.025), (cap, top), (0.0, top)))

"""What is hard to cut out: hair, lace and glass, drawn with a known alpha."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from services.common.geometry import SizeHW
from services.common.srgb import decode
from services.evaluation.truth.backdrop import studio
from services.evaluation.truth.field import around_line, covered, disc, ring
from services.evaluation.truth.photo import Blend, developed, mixed
from services.evaluation.truth.scene import PAIRS

Array = NDArray[np.float32]

SIDE_PX: Final = 640
_STRANDS: Final = 90
#: Alpha of a glass bowl's wall, where one sees through it twice.
_GLASS: Final = (0.35, 0.6)


@dataclass(frozen=True)
class FineThing:
    """One drawn photo of something fine.

    Args:
        kind: "hair", "lace" or "glass".
        alpha: (H, W) float32, its true coverage; of glass, how much it hides.
        photo: (H, W, 3) uint8 sRGB.
    """

    kind: str
    alpha: Array
    photo: NDArray[np.uint8]

    @classmethod
    def drawn(cls, number: int) -> Self:
        """The thing of that number, from 0, the kinds in turn: the same every time."""
        kind = KINDS[number % len(KINDS)]
        rng = np.random.default_rng(7000 + number)
        size_hw = SIDE_PX, SIDE_PX
        alpha = _ALPHAS[kind](size_hw, rng)
        own, behind = PAIRS[number % len(PAIRS)]
        y, x = np.mgrid[: size_hw[0], : size_hw[1]] / SIDE_PX
        sheen = (1 + 0.15 * np.sin(9 * x + 5 * y + rng.uniform(0, 6)))[..., None]
        foreground = np.asarray(np.clip(decode(np.array(own, np.float32)) * sheen, 0, 1), np.float32)
        background = studio(size_hw, behind, 8000 + number)
        return cls(kind, alpha, developed(mixed(alpha, foreground, background, Blend.LIGHT)))


def _hair(size_hw: SizeHW, rng: np.random.Generator) -> Array:
    """A tuft: a round body with curved strands of 0.8 to 2 px that stand off it."""
    middle, radius = SIDE_PX / 2, SIDE_PX * 0.24
    field = disc(size_hw, (middle, middle), radius)
    for _ in range(_STRANDS):
        turn, length, bend = rng.uniform(0, 2 * np.pi), SIDE_PX * rng.uniform(0.03, 0.16), rng.uniform(-0.6, 0.6)
        along = np.linspace(-6, length, max(8, round(length / 3)))
        angle = turn + bend * np.maximum(along, 0) / length
        reach = radius + along
        line = np.stack([middle + reach * np.cos(angle), middle + reach * np.sin(angle)], axis=1)
        np.minimum(field, around_line(size_hw, line, rng.uniform(0.4, 1.0)), out=field)
    return covered(field)


def _lace(size_hw: SizeHW, rng: np.random.Generator) -> Array:
    """A solid collar with a hem of rings in rows, threads of 1.5 to 3.5 px, open inside and between."""
    pitch, thread = rng.uniform(20, 30), rng.uniform(1.5, 3.5)
    left, right, top = SIDE_PX * 0.2, SIDE_PX * 0.8, SIDE_PX * 0.55
    x, y = np.arange(left, right, pitch), np.arange(top, top + 4 * pitch, pitch)
    line = np.array([[left, SIDE_PX * 0.4], [right, SIDE_PX * 0.4]])
    field = around_line(size_hw, line, SIDE_PX * 0.14)
    for row in y:
        for column in x:
            np.minimum(field, ring(size_hw, (float(column), float(row)), pitch / 2, thread), out=field)
    return covered(field)


def _glass(size_hw: SizeHW, rng: np.random.Generator) -> Array:
    """A bowl: a clear wall with a solid rim and foot."""
    middle, radius = (SIDE_PX / 2, SIDE_PX * 0.48), SIDE_PX * rng.uniform(0.24, 0.3)
    wall = covered(disc(size_hw, middle, radius)) * np.float32(rng.uniform(*_GLASS))
    rim = covered(ring(size_hw, middle, radius, rng.uniform(6, 12)))
    foot_line = np.array([[middle[0] - radius / 2, middle[1] + radius], [middle[0] + radius / 2, middle[1] + radius]])
    foot = covered(around_line(size_hw, foot_line, 9.0))
    return np.asarray(np.maximum(wall, np.maximum(rim, foot)), np.float32)


_ALPHAS: Final[dict[str, Callable[[SizeHW, np.random.Generator], Array]]] = {
    "hair": _hair,
    "lace": _lace,
    "glass": _glass,
}
KINDS: Final = tuple(_ALPHAS)

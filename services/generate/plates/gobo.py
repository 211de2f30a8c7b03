"""What stands between the light and the set: window bars and leaves, out of focus by the light's size."""

import math
from dataclasses import dataclass
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from services.generate.plates.bokeh import blur_disc
from services.generate.plates.lighting import Lamp
from services.generate.plates.noise import smoothstep, spectral_noise

#: Side of the drawn pattern, in metres and pixels.
SIDE_M: Final = 2.4
SIDE_PX: Final = 960
Mask = NDArray[np.float32]


@dataclass(frozen=True)
class WindowShape:
    """A window, in metres as its shadow measures them.

    Args:
        pane_m: Width and height of one pane.
        bar_m: Width of the bars between panes.
        columns, rows: How many panes.
        penumbra_m: Radius of the blur that the light's size gives the bars' shadow.
        leaves: Share of the light that leaves may take, 0 to 1.
    """

    pane_m: tuple[float, float]
    bar_m: float
    columns: int
    rows: int
    penumbra_m: float
    leaves: float


class Gobo:
    """The light that passes, as a picture in the plane that stands across it; its middle is the product's foot.

    Args:
        mask: (SIDE_PX, SIDE_PX) float32 in [0, 1].
    """

    def __init__(self, mask: Mask) -> None:
        self.mask = mask

    @classmethod
    def canopy(cls, density: float, rng: np.random.Generator) -> Self:
        """Trees far above: soft patches of shade, none of them over the product's foot."""
        px_per_m = SIDE_PX / SIDE_M
        patches = smoothstep(-1.5, 1.3, spectral_noise(rng, SIDE_PX, (4, 16), 0.4))
        return cls(1 - np.float32(density) * (1 - np.maximum(patches, _clearing(px_per_m, 0.16))))

    @classmethod
    def window(cls, window: WindowShape, from_left: bool, rng: np.random.Generator) -> Self:
        """Panes of a window with leaves before it; the foot stands in a lit pane.

        Args:
            window: Its measures.
            from_left: The light comes from the left.
            rng: Chooses the leaves, and where in its pane the foot stands.
        """
        px_per_m = SIDE_PX / SIDE_M
        panes = _panes(window, from_left, rng, px_per_m)
        mask = blur_disc(panes, window.penumbra_m * px_per_m)
        if window.leaves > 0:
            near, far = _branches(rng, px_per_m), _branches(rng, px_per_m)
            shade = blur_disc(near, 0.9 * window.penumbra_m * px_per_m) * blur_disc(
                far, 2.4 * window.penumbra_m * px_per_m
            )
            mask = mask * (1 - np.float32(window.leaves) * (1 - np.maximum(shade, _clearing(px_per_m, 0.09))))
        return cls(mask)

    def shade(self, lamp: Lamp, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Share of the key that reaches places.

        Args:
            lamp: Its direction is taken as the same everywhere, as the sun's is.
            points: (H, W, 3) float32, metres.

        Returns:
            (H, W) float32 in [0, 1].
        """
        towards = lamp.direction
        right = np.array([towards[2], 0, -towards[0]], np.float32)
        right /= max(float(np.linalg.norm(right)), 1e-6)
        above = np.cross(towards, right)
        px_per_m = SIDE_PX / SIDE_M
        away = points - lamp.foot
        column = (away @ right) * np.float32(px_per_m) + np.float32(SIDE_PX / 2)
        row = np.float32(SIDE_PX / 2) - (away @ above) * np.float32(px_per_m)
        seen = cv2.remap(self.mask, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(seen, np.float32)


def _clearing(px_per_m: float, radius_m: float) -> Mask:
    """1 in the middle of the picture, falling off at about `radius_m` from it: the product stands in the light."""
    line = (np.arange(SIDE_PX, dtype=np.float32) - SIDE_PX / 2) / np.float32(radius_m * px_per_m)
    return np.asarray(np.exp(-((line[:, None] ** 2 + line[None, :] ** 2) ** 2)), np.float32)


def _panes(window: WindowShape, from_left: bool, rng: np.random.Generator, px_per_m: float) -> Mask:
    """Lit panes on black; the middle of the picture, where the foot is, lies inside a pane.

    That pane is one of the lower ones, because the rows above light the wall, and near the side from which the wall,
    seen from the light, goes on.
    """
    mask = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
    pane, bar = np.array(window.pane_m) * px_per_m, window.bar_m * px_per_m
    near = min(1, window.columns - 1)
    column, row = (near if from_left else window.columns - 1 - near), max(0, window.rows - 2)
    inside = rng.uniform(0.35, 0.65, 2)
    left = SIDE_PX / 2 - pane[0] * inside[0] - column * (pane[0] + bar)
    top = SIDE_PX / 2 - pane[1] * inside[1] - row * (pane[1] + bar)
    for down in range(window.rows):
        for across in range(window.columns):
            corner = np.array([left + across * (pane[0] + bar), top + down * (pane[1] + bar)])
            first, last = np.round(corner).astype(int), np.round(corner + pane).astype(int)
            cv2.rectangle(mask, first.tolist(), last.tolist(), 255, cv2.FILLED, cv2.LINE_AA)
    return (mask / 255).astype(np.float32)


def _branches(rng: np.random.Generator, px_per_m: float) -> Mask:
    """Some olive-like branches, 0 where a leaf is: most hang in from above, a few reach in from the sides."""
    mask = np.full((SIDE_PX, SIDE_PX), 255, np.uint8)
    for _ in range(int(rng.integers(8, 12))):
        side = rng.choice([-1.0, 1.0])
        start = np.array([SIDE_PX * (0.5 + side * rng.uniform(0.05, 0.4)), SIDE_PX * rng.uniform(0.02, 0.3)])
        heading = math.pi / 2 + side * rng.uniform(-0.2, 0.9)
        _branch(mask, rng, start, heading, rng.uniform(0.3, 0.55) * px_per_m, px_per_m)
    for side in (-1.0, 1.0):
        start = np.array([SIDE_PX * (0.5 + side * rng.uniform(0.14, 0.2)), SIDE_PX * rng.uniform(0.34, 0.52)])
        heading = math.pi / 2 + side * rng.uniform(0.5, 1.3)
        _branch(mask, rng, start, heading, rng.uniform(0.2, 0.32) * px_per_m, px_per_m)
    return (mask / 255).astype(np.float32)


def _branch(
    mask: NDArray[np.uint8], rng: np.random.Generator, start: NDArray[np.float64], heading: float, length: float,
    px_per_m: float,
) -> None:  # fmt: skip
    """Draw one stem that bends, with leaves left and right of it."""
    steps = 15
    bend = rng.normal(0, 0.05)
    place = start.copy()
    for step in range(steps):
        heading += bend + rng.normal(0, 0.06)
        following = place + length / steps * np.array([math.cos(heading), math.sin(heading)])
        cv2.line(mask, _pixel(place), _pixel(following), 0, max(1, round(0.006 * px_per_m)), cv2.LINE_AA)
        for side in (-1, 1):
            size = rng.uniform(0.055, 0.1) * px_per_m * (1 - 0.5 * step / steps)
            _leaf(mask, following, heading + side * rng.uniform(0.4, 0.95), size)
        place = following


def _leaf(mask: NDArray[np.uint8], stem: NDArray[np.float64], heading: float, length: float) -> None:
    """A pointed leaf: two arcs that meet at stem and tip."""
    along = np.linspace(0, 1, 9)
    half = 0.16 * length * np.sin(np.pi * along**0.85)
    forward, aside = np.array([math.cos(heading), math.sin(heading)]), np.array([-math.sin(heading), math.cos(heading)])
    middle = stem + np.outer(along * length, forward)
    outline = np.concatenate([middle + np.outer(half, aside), (middle - np.outer(half, aside))[::-1]])
    cv2.fillPoly(mask, [np.round(outline * 8).astype(np.int32)], 0, cv2.LINE_AA, 3)


def _pixel(place: NDArray[np.float64]) -> tuple[int, int]:
    return round(float(place[0])), round(float(place[1]))

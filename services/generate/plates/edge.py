"""Where a table ends: straight, round or broken, with a rounded rim."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray


class EdgeShape(StrEnum):
    """A straight table, a round one, or a slab broken by hand."""

    STRAIGHT = "straight"
    ROUND = "round"
    BROKEN = "broken"


@dataclass(frozen=True)
class Edge:
    """A table's outline around the product's foot, in metres.

    Args:
        shape: See there.
        behind_m: From the foot to the far edge.
        turn_deg: How far a straight edge is turned from facing the camera.
        radius_m: Of a round table.
        rim_m: Over which the top rounds down to the side.
        phase: Random numbers in [0, 1) that shape a broken edge.
    """

    shape: EdgeShape
    behind_m: float
    turn_deg: float
    radius_m: float
    rim_m: float
    phase: tuple[float, ...] = ()

    #: A broken edge stays within this distance of the straight one.
    MOST_WAVE_M: ClassVar[float] = 0.035

    def inside_m(self, x_m: NDArray[np.float32], z_m: NDArray[np.float32]) -> NDArray[np.float32]:
        """Distance from the edge, positive on the table; both arguments are measured from the foot."""
        if self.shape is EdgeShape.ROUND:
            return np.asarray(
                self.radius_m - np.hypot(x_m, z_m - np.float32(self.behind_m - self.radius_m)), np.float32
            )
        turn = math.radians(self.turn_deg)
        along = x_m * np.float32(math.cos(turn)) - z_m * np.float32(math.sin(turn))
        away = z_m * np.float32(math.cos(turn)) + x_m * np.float32(math.sin(turn))
        inside = np.asarray(np.float32(self.behind_m) - away, np.float32)
        if self.shape is EdgeShape.BROKEN:
            for order, phase in enumerate(self.phase):
                wave_m = 0.31 / 1.8**order
                wave = np.sin((along / np.float32(wave_m) + np.float32(phase)) * np.float32(2 * np.pi))
                inside += np.float32(0.012 / 1.75**order) * wave.astype(np.float32)
        return np.asarray(inside, np.float32)


def coverage(inside_m: NDArray[np.float32]) -> NDArray[np.float32]:
    """Share of each pixel that lies inside, from the distance field's own steepness in the picture."""
    if min(inside_m.shape) < 2:
        return np.asarray(inside_m > 0, np.float32)
    down, across = np.gradient(inside_m)
    return np.asarray(np.clip(inside_m / np.maximum(np.hypot(down, across), 1e-9) + 0.5, 0, 1), np.float32)

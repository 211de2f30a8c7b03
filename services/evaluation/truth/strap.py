"""A strap: a band of one known width along a curve."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Strap:
    """A band along a line.

    Args:
        line: (N, 2) its middle as (x, y) in pixels, about a pixel apart.
        width_px: How wide it is everywhere.
        free: Shares of its length between which nothing else of the product is near.
    """

    line: Points
    width_px: float
    free: tuple[float, float] = (0.0, 1.0)

    @classmethod
    def arch(
        cls,
        foot: tuple[float, float],
        span: float,
        rise: float,
        lean: float,
        width_px: float,
        free: tuple[float, float],
    ) -> Self:
        """A strap that rises, turns in a half circle and comes down again. A wide bend keeps it of one width.

        Args:
            foot: Middle (x, y) of the two points where it stands.
            span: From one to the other, in pixels.
            rise: Height of its straight parts.
            lean: How far it leans to the right, per height.
            width_px: How wide.
            free: See the class.
        """
        turn = np.linspace(np.pi, 0, max(8, round(span * np.pi / 2)))
        up = np.linspace(0, rise, max(2, round(rise)), endpoint=False)
        x = np.concatenate([np.full(len(up), -span / 2), span / 2 * np.cos(turn), np.full(len(up), span / 2)])
        y = np.concatenate([up, rise + span / 2 * np.sin(turn), up[::-1]])
        return cls(np.stack([foot[0] + x + lean * y, foot[1] - y], axis=1), width_px, free)

    def stations(self, step: int = 2) -> tuple[Points, Points]:
        """Points of the middle line in its free part, and the unit normals there, both (M, 2)."""
        tangent = np.gradient(self.line, axis=0)
        tangent /= np.hypot(tangent[:, 0], tangent[:, 1])[:, None]
        normal = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)
        first, last = (round(share * (len(self.line) - 1)) for share in self.free)
        return self.line[first : last + 1 : step], normal[first : last + 1 : step]

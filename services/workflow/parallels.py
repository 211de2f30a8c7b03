"""Boxes: straight edges along one upright and two level directions, all at right angles.

Edges of one direction point to one vanishing point, and the three of them follow from pitch, roll, focal length and the
box's own turn alone (Manhattan world: Coughlan and Yuille 1999, https://doi.org/10.1109/ICCV.1999.790349; vanishing
points from line segments: Rother 2002, https://doi.org/10.1016/S0262-8856(02)00054-9; Tardif 2009,
https://doi.org/10.1109/ICCV.2009.5459328). Segments come from OpenCV's LSD (von Gioi et al. 2012,
https://doi.org/10.5201/ipol.2012.gjmr-lsd).
"""

import math
from dataclasses import dataclass, replace
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from services.workflow.lens import Lens, Points

#: Shorter segments, relative to the root of the product's area, are noise or print.
_LEAST_LENGTH: Final = 0.07
_MOST: Final = 28
#: How well a segment tells its direction, in pixels across its length and in radians at best.
_OFF_PX: Final = 0.3
_OFF: Final = math.radians(0.3)
#: Coarse look: pitches, rolls and turns of the box, focal lengths relative to the usual one, and how far off a segment
#: may be.
_PITCHES: Final = np.radians(np.arange(3.0, 75.0, 7.0))
_ROLLS: Final = np.radians((-8.0, -4.0, 0.0, 4.0, 8.0))
_YAWS: Final = np.radians(np.arange(0.0, 90.0, 9.0))
_ZOOMS: Final = (0.6, 1.0, 2.0)
_COARSE: Final = math.radians(3.5)
#: (S, 3, 3) frames of all states of the coarse look, and those.
_STATES: Final = np.stack(np.meshgrid(_PITCHES, _ROLLS, _YAWS, indexing="ij"), axis=-1).reshape(-1, 3)
_FRAMES: Final = np.stack([Lens(pitch, roll, 1.0).frame(yaw) for pitch, roll, yaw in _STATES])
#: Segments that miss their vanishing point by more standard deviations belong to none.
_OUTSIDE: Final = 3.0


@dataclass(frozen=True)
class Parallels:
    """Straight edges on a product.

    Args:
        middles: (N, 2) in the photo, see `Lens`.
        ways: (N, 2) unit vectors along them.
        weights: (N,) their share of the length of all.
        spreads: (N,) standard deviation of their direction, in radians.
        kinds: (N,) which of a box's directions each has: 0 = upright, 1 and 2 = level, -1 = none.
    """

    middles: Points
    ways: Points
    weights: Points
    spreads: Points
    kinds: NDArray[np.intp]

    @classmethod
    def of(cls, grey: NDArray[np.uint8], origin: Points, per_px: float) -> Self | None:
        """The edges in an array of which only the product has any, or None where there are too few.

        Args:
            grey: (h, w) uint8.
            origin: (2,) where the array's outer corner lies in the photo.
            per_px: Photo diagonals per pixel of the array.
        """
        found = cv2.createLineSegmentDetector(cv2.LSD_REFINE_STD).detect(grey)[0]
        if found is None:
            return None
        ends = np.asarray(found, np.float64).reshape(-1, 2, 2) + 0.5
        lengths = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
        order = np.argsort(lengths)[::-1][:_MOST]
        order = order[lengths[order] > _LEAST_LENGTH * math.sqrt(grey.size)]
        if len(order) < 4:
            return None
        ends, lengths = ends[order], lengths[order]
        return cls(
            origin + per_px * ends.mean(axis=1),
            (ends[:, 1] - ends[:, 0]) / lengths[:, None],
            lengths / lengths.sum(),
            np.hypot(_OFF_PX / lengths, _OFF),
            np.full(len(lengths), -1),
        )

    def guess(self, focal: float) -> tuple[Lens, float, float]:
        """The lens, of about that focal length, and the turn of the box that most edges agree with; and how many do."""
        best, found = -1.0, (Lens(0.0, 0.0, focal), 0.0)
        for zoom in _ZOOMS:
            lens = Lens(0.0, 0.0, zoom * focal)
            off = self._off(lens, _FRAMES.reshape(-1, 3)).reshape(len(_FRAMES), 3, -1)
            agreed = np.exp(-0.5 * (np.abs(off).min(axis=1) / _COARSE) ** 2) @ self.weights
            at = int(agreed.argmax())
            if agreed[at] > best:
                pitch, roll, yaw = (float(part) for part in _STATES[at])
                best, found = float(agreed[at]), (Lens(pitch, roll, lens.focal), yaw)
        return *found, best

    def sorted_by(self, lens: Lens, yaw: float, slack: float) -> Self:
        """The same edges, each with the direction that it has, if any.

        Args:
            lens, yaw: As far as they are known.
            slack: By how much, in radians, edges may be off beside what they are unsure of.
        """
        off = np.abs(self._off(lens, lens.frame(yaw)))
        kinds = off.argmin(axis=0)
        near = off.min(axis=0) < _OUTSIDE * np.hypot(self.spreads, slack)
        return replace(self, kinds=np.where(near, kinds, -1))

    def misses(self, lens: Lens, yaw: float) -> Points:
        """(K,) by how much the edges that have a direction miss its vanishing point, in standard deviations."""
        known = self.kinds >= 0
        off = self._off(lens, lens.frame(yaw))
        return np.asarray(off[self.kinds[known], np.flatnonzero(known)] / self.spreads[known])

    def share(self, kind: int) -> float:
        """Of the length of all, that has this direction."""
        return float(self.weights[self.kinds == kind].sum())

    def _off(self, lens: Lens, directions: Points) -> Points:
        """(D, N) sine of the angle between each edge and the way to each direction's vanishing point."""
        toward = lens.toward(self.middles, directions)
        return np.asarray(self.ways[:, 0] * toward[..., 1] - self.ways[:, 1] * toward[..., 0])

"""The ends of a silhouette: where a head, hands, feet and a stand are."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.segment.split import PointYX, depth_of
from services.segment.ways import least_costs

Mask = NDArray[np.bool_]

#: Ends looked at in each connected part: head, hands, feet and a stand, with a few to spare.
_MOST: Final = 8
#: An end is at least this share of the farthest one's way from the middle and from all ends before.
_FAR: Final = 0.15
#: Parts below this share of the silhouette have no ends of their own.
_PART: Final = 0.01


def find_tips(region: Mask) -> list[PointYX]:
    """The geodesic extrema of every connected part: each the place farthest from its middle and from those before.

    Ways lead through the region only, so that a hand at the hip is as far as one held away. Each lies a little inside.

    Args:
        region: (h, w) bool.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(region.astype(np.uint8), connectivity=8)
    found = []
    for label in range(1, count):
        if stats[label, cv2.CC_STAT_AREA] >= _PART * region.sum():
            found += _ends(np.asarray(labels == label))
    return found


def deepest(region: Mask) -> PointYX:
    """The place farthest inside a region."""
    return _at(depth_of(region))


def _ends(part: Mask) -> list[PointYX]:
    depth, costs = depth_of(part), np.where(part, 1.0, -1.0)
    seeds = np.zeros(part.shape, bool)
    seeds[deepest(part)] = True
    found: list[PointYX] = []
    longest = 0.0
    for _ in range(_MOST):
        away = least_costs(costs, seeds)
        away[~np.isfinite(away)] = 0
        tip = _at(away)
        longest = longest or float(away[tip])
        if away[tip] <= max(1.0, _FAR * longest):
            break
        seeds[tip] = True
        found.append(_inwards(tip, depth))
    return found


def _inwards(tip: PointYX, depth: NDArray[np.float32]) -> PointYX:
    """The deepest place near a tip, where colours are not mixed with what lies behind."""
    reach = max(3, depth.shape[0] // 64)
    top, left = max(0, tip[0] - reach), max(0, tip[1] - reach)
    row, column = _at(depth[top : tip[0] + reach + 1, left : tip[1] + reach + 1])
    return top + row, left + column


def _at(values: NDArray[np.floating]) -> PointYX:
    row, column = np.unravel_index(int(values.argmax()), values.shape)
    return int(row), int(column)

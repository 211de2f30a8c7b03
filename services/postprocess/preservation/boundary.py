"""Where the product's outline went: boundary IoU, growth, and shift, from two alphas.

Boundary IoU is that of Cheng et al. (arXiv 2103.16562). Object expansion follows Eshratifar et al. (arXiv 2404.10157),
here divided by the outline's length, so that it reads as mean growth in px whatever the picture's size.
"""

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.postprocess.preservation.edge import Edge, find_edge, pixel_at

_STEP_PX: Final = 0.25
#: An edge that moved further has another shape.
_REACH_PX: Final = 12.0
_ALONG_PX: Final = 9.0


@dataclass(frozen=True)
class Expansion:
    """Growth and loss of the product's area at half coverage.

    Args:
        area_px: Pixels that the product gained.
        relative: The same as a share of the product before.
        edge_px: The same per px of the outline before: mean growth.
        shrink: Pixels lost, as a share of the product before.
    """

    area_px: int
    relative: float
    edge_px: float
    shrink: float


@dataclass(frozen=True)
class EdgeShift:
    """How the outline moved along its normals.

    Args:
        shift_yx: The one move in px, down and to the right, that explains the outline best.
        p95_px: What 95 % of the outline moved at most, either way.
        worst_px: The largest move, above 0 = outwards.
        worst_yx: That place, in pixels of the arrays; None where there is no outline.
        points_yx: (N, 2) float64; moves_px: (N,) float64.
    """

    shift_yx: tuple[float, float]
    p95_px: float
    worst_px: float
    worst_yx: tuple[int, int] | None
    points_yx: NDArray[np.float64]
    moves_px: NDArray[np.float64]

    @property
    def shift_px(self) -> float:
        """Length of `shift_yx`."""
        return math.hypot(*self.shift_yx)


def boundary_iou(before: NDArray[np.float32], after: NDArray[np.float32], ratio: float) -> float:
    """Intersection over union of the two bands inside the outlines.

    Args:
        before, after: (H, W) float32 coverage, 0 to 1.
        ratio: The band's width as a share of the arrays' diagonal; 0.02 is the paper's, 0.005 is stricter.

    Returns:
        0 to 1; 1 where neither has an outline.
    """
    width_px = max(1, round(ratio * math.hypot(*before.shape)))
    first, second = _band(before > 0.5, width_px), _band(after > 0.5, width_px)
    union = np.count_nonzero(first | second)
    return np.count_nonzero(first & second) / union if union else 1.0


def expansion(before: NDArray[np.float32], after: NDArray[np.float32]) -> Expansion:
    """Growth from one (H, W) float32 coverage to another."""
    inside, grown = before > 0.5, after > 0.5
    area = int(np.count_nonzero(inside))
    gained = int(np.count_nonzero(grown & ~inside))
    edge = find_edge(before)
    length = len(edge) * edge.spacing_px
    return Expansion(
        area_px=gained,
        relative=gained / max(area, 1),
        edge_px=gained / max(length, 1.0),
        shrink=int(np.count_nonzero(inside & ~grown)) / max(area, 1),
    )


def edge_shift(before: NDArray[np.float32], after: NDArray[np.float32]) -> EdgeShift:
    """Moves of the outline from one (H, W) float32 coverage to another, exact to a fraction of a pixel.

    Coverage is integrated along each normal; what was gained or lost is how far the edge moved.
    """
    edge = find_edge(before)
    if not len(edge):
        return EdgeShift((0.0, 0.0), 0.0, 0.0, None, edge.points, np.zeros(0))
    moves = edge.smoothed(_moves(edge, before, after), _ALONG_PX)
    # A move t shows along a normal n as t . n; least squares over all normals.
    solved = np.linalg.lstsq(edge.normals, moves, rcond=1e-3)[0]
    worst = int(np.argmax(np.abs(moves)))
    return EdgeShift(
        shift_yx=(float(solved[0]), float(solved[1])),
        p95_px=float(np.percentile(np.abs(moves), 95)),
        worst_px=float(moves[worst]),
        worst_yx=pixel_at(edge.points[worst]),
        points_yx=edge.points,
        moves_px=moves,
    )


def _band(mask: NDArray[np.bool_], width_px: int) -> NDArray[np.bool_]:
    """The mask's pixels at most that far inside its outline; the array's border is outside, as in the paper's code."""
    padded = np.pad(mask.astype(np.uint8), 1)
    eroded = cv2.erode(padded, np.ones((3, 3), np.uint8), iterations=width_px)[1:-1, 1:-1]
    return np.asarray(mask & (eroded == 0))


def _moves(edge: Edge, before: NDArray[np.float32], after: NDArray[np.float32]) -> NDArray[np.float64]:
    offsets = np.arange(-_REACH_PX, _REACH_PX + _STEP_PX / 2, _STEP_PX)
    first = edge.across(before, offsets)
    changed = edge.across(after, offsets) - first
    # The far side of a strap and a neighbouring part move by themselves: only as far as coverage falls outwards.
    near = _falling(first, len(offsets) // 2)
    return np.asarray((changed * near).sum(axis=1) * _STEP_PX, np.float64)


def _falling(lines: NDArray[np.float32], middle: int) -> NDArray[np.bool_]:
    """Samples around the middle of (N, K) lines, up to where coverage turns and rises again outwards."""
    slack = 0.02
    outward, inward = lines[:, middle:], lines[:, middle::-1]
    out = outward <= np.minimum.accumulate(outward, axis=1) + slack
    into = inward >= np.maximum.accumulate(inward, axis=1) - slack
    out, into = np.logical_and.accumulate(out, axis=1), np.logical_and.accumulate(into, axis=1)
    return np.concatenate([into[:, :0:-1], out], axis=1)

"""Where a standing product meets the ground, read from its silhouette."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

#: Share of the product's height by which parts of one level base may differ in the silhouette.
_LEVEL: Final = 0.02
#: Depth of a footprint relative to its width, where the contour says nothing rounder.
_LEAST_DEPTH: Final = 0.3
#: The same where the contour says nothing: between a box and a bottle.
_USUAL_DEPTH: Final = 0.8
#: The fitted arc's error in pixels over the usual depth's, both as standard deviations: 0.4 by 0.25.
_DOUBT_PX: Final = 1.6
#: Fewer columns than this have no arc to fit.
_LEAST_COLUMNS: Final = 5


@dataclass(frozen=True)
class Base:
    """The footprint: an ellipse whose front edge is the silhouette's lower contour.

    Coordinates are pixels of the silhouette's array, edges at whole numbers.

    Args:
        front: (W,) float32, the row just below the product in each column; NaN in columns without product.
        touches: (W,) bool, columns where the product touches the ground.
        foot_yx: The footprint's middle.
        half_width: Half its width.
        half_depth: From its middle to its front, as rows of the picture.
        depth_ratio: Its depth on the ground relative to its width, 0 to 1.
    """

    front: NDArray[np.float32]
    touches: NDArray[np.bool_]
    foot_yx: tuple[float, float]
    half_width: float
    half_depth: float
    depth_ratio: float

    def depths(self) -> NDArray[np.float32]:
        """(W,) float32: half the footprint's depth in each column, as rows of the picture; 0 beside it."""
        across = (np.arange(len(self.front), dtype=np.float32) + 0.5 - self.foot_yx[1]) / max(self.half_width, 0.5)
        return np.asarray(self.half_depth * np.sqrt(np.clip(1 - across * across, 0, 1)), np.float32)


def find_base(mask: NDArray[np.bool_], depth_px: float, nearing: float = 0.0, depth_ratio: float | None = None) -> Base:
    """Find the footprint of a standing product.

    A round base shows as an arc that rises towards its ends by its half depth; the search widens from the lowest
    point as long as the contour stays within such an arc. How deep the arc is, compared to a circle seen by this
    camera, tells how round the base is.

    Args:
        mask: (H, W) bool, the silhouette; at least one pixel is True.
        depth_px: Rows that one pixel of ground depth takes, see `GroundView.depth_px`.
        nearing: How much larger things get per pixel towards the camera, see `GroundView.nearing`.
        depth_ratio: The footprint's depth relative to its width, where it is known.
    """
    columns = mask.any(axis=0)
    front = np.where(columns, mask.shape[0] - np.argmax(mask[::-1], axis=0), np.nan).astype(np.float32)
    bottom = float(np.nanmax(front))
    height = bottom - float(np.argmax(mask.any(axis=1)))
    level = max(1.0, _LEVEL * height)
    touches = _grown(front, bottom, level, depth_px)
    at = np.flatnonzero(touches)
    left, right = float(at[0]), float(at[-1] + 1)
    half_width = (right - left) / 2
    if depth_ratio is None:
        # A circle in perspective is seen as an ellipse about another middle, as high as without perspective.
        across = np.asarray((at + 0.5 - (left + right) / 2) / half_width, np.float64)
        lowest, drop = _arc(across, front[touches])
        # Of a contour that is no arc, such as that of two feet, it says little.
        bottom = min(bottom + 1, max(bottom - level, lowest))
        depth_ratio = _depth_ratio(drop, half_width * depth_px)
    half_depth = min(_front_rows(half_width * depth_ratio, depth_px, nearing), height / 2)
    return Base(front, touches, (bottom - half_depth, (left + right) / 2), half_width, half_depth, depth_ratio)


def _front_rows(depth: float, depth_px: float, nearing: float) -> float:
    """Rows from the footprint's middle to its front, which perspective shows larger than its back."""
    return depth * depth_px / max(0.5, 1 - depth * nearing)


def _arc(across: NDArray[np.float64], front: NDArray[np.float32]) -> tuple[float, float]:
    """Lowest row and height of the half ellipse nearest to a contour by least squares.

    All columns together know both to a fraction of the pixels in which each is given.

    Args:
        across: (N,) -1 to 1, from the left end of the base to the right.
        front: (N,) the contour's rows.
    """
    lowest = float(front.max())
    if len(front) < _LEAST_COLUMNS:
        return lowest, lowest - float(front.min())
    drop = 1 - np.sqrt(np.clip(1 - across * across, 0, 1))
    slope = float(np.cov(drop, front, ddof=0)[0, 1] / np.var(drop))
    return float(front.mean() - slope * drop.mean()), max(0.0, -slope)


def _depth_ratio(drop: float, round_drop: float) -> float:
    """How deep the base is, from the height of its arc and that of a round base, in pixels.

    The flatter the view, the fewer pixels tell the two apart, and the more the usual depth counts.
    """
    trust = round_drop**2 / (round_drop**2 + _DOUBT_PX**2)
    seen = min(1.0, max(_LEAST_DEPTH, drop / max(round_drop, 1e-6)))
    return trust * seen + (1 - trust) * _USUAL_DEPTH


def _grown(front: NDArray[np.float32], bottom: float, level: float, depth_px: float) -> NDArray[np.bool_]:
    """Columns whose contour lies within the arc of a round base that is as wide as those columns reach."""
    reach = 0.0
    while True:
        touches = np.asarray(np.nan_to_num(front, nan=-np.inf) >= bottom - level - reach * depth_px)
        at = np.flatnonzero(touches)
        wider = (at[-1] + 1 - at[0]) / 2
        if wider <= reach:
            return touches
        reach = float(wider)

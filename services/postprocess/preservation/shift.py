"""How far the product's inside moved: print, seams and texture tracked from one picture to the other.

Corners are followed by pyramidal Lucas-Kanade tracking (Bouguet, 2001), exact to a few hundredths of a pixel, so that a
warp shows that leaves the outline and all colours where they were.
"""

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

_MOST_POINTS: Final = 600
_WINDOW_PX: Final = 15
#: A corner has at least this share of the best corner's contrast, and lies this far from the next.
_QUALITY: Final = 0.02
_APART_PX: Final = 6
#: Bytes that differ by this much are the same, reduced to another size and rounded twice.
_SAME: Final = 1
#: Mean difference of luma in a window, 0 to 255, above which a corner counts as lost, not as moved.
_MOST_ERROR: Final = 12.0


@dataclass(frozen=True)
class Shift:
    """Moves of the product's own corners.

    Args:
        shift_yx: Median move in px, down and to the right.
        p95_px: What 95 % of them moved at most; 0 where there is nothing to follow.
        worst_yx: Where one moved most, in pixels of the arrays; None without corners.
        lost: Share of the corners, 0 to 1, that were not found again.
        points: How many were followed.
    """

    shift_yx: tuple[float, float]
    p95_px: float
    worst_yx: tuple[int, int] | None
    lost: float
    points: int


def inner_shift(picture: NDArray[np.uint8], expected: NDArray[np.uint8], inside: NDArray[np.bool_]) -> Shift:
    """Where corners inside the product went. A corner around which no pixel changed has not moved.

    Args:
        picture, expected: (H, W, 3) uint8 sRGB.
        inside: (H, W) bool, where the product covers the pixel wholly.
    """
    window = np.ones((_WINDOW_PX, _WINDOW_PX), np.uint8)
    deep = cv2.erode(inside.astype(np.uint8), window, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    # Reduced levels of the pyramid see past the product's edge, where the background must not pull at anything.
    changed = inside & (cv2.absdiff(picture, expected).max(axis=-1) > _SAME)
    shown = np.where(changed[..., None], picture, expected)
    before, after = (cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in (expected, shown))
    found = cv2.goodFeaturesToTrack(before, _MOST_POINTS, _QUALITY, _APART_PX, mask=deep)
    if found is None:
        return Shift((0.0, 0.0), 0.0, None, 0.0, 0)
    size = (_WINDOW_PX, _WINDOW_PX)
    moved, status, errors = cv2.calcOpticalFlowPyrLK(
        before, after, found, np.empty_like(found), winSize=size, maxLevel=2
    )
    column, row = np.round(found[:, 0]).astype(int).T
    still = cv2.dilate(changed.astype(np.uint8), window)[row, column] == 0
    moved[still], status[still], errors[still] = found[still], 1, 0
    kept = (status[:, 0] > 0) & (errors[:, 0] < _MOST_ERROR)
    lost = 1 - float(kept.mean())
    if not kept.any():
        return Shift((0.0, 0.0), 0.0, None, lost, len(kept))
    moves = (moved - found)[kept, 0].astype(np.float64)
    lengths = np.hypot(*moves.T)
    worst = found[kept, 0][int(np.argmax(lengths))]
    right, down = np.median(moves, axis=0)
    return Shift(
        shift_yx=(float(down), float(right)),
        p95_px=float(np.percentile(lengths, 95)),
        worst_yx=(math.floor(worst[1] + 0.5), math.floor(worst[0] + 0.5)),
        lost=lost,
        points=len(kept),
    )

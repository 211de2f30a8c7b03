"""How far the product's inside moved: print, seams and texture tracked from one picture to the other.

Corners are followed by pyramidal Lucas-Kanade tracking (Bouguet, 2001), exact to a few hundredths of a pixel, so that a
warp shows that leaves the outline and all colours where they were. What does not lead back to where it came from is
lost (forward-backward check of Kalal, Mikolajczyk and Matas, 2010), not moved.
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
#: A corner followed there and back again ends this near to where it began.
_MOST_ASTRAY_PX: Final = 0.5
#: Moves beyond this are no moves, and where most corners are lost, this is told: something else is shown there.
REACH_PX: Final = 15.0
_MOST_LOST: Final = 0.5
#: Light is evened out over this sigma, by this factor at most, before corners are looked for again.
_LIGHT_PX: Final = 15.0
_GAIN: Final = (0.125, 8.0)


@dataclass(frozen=True)
class Shift:
    """Moves of the product's own corners.

    Args:
        shift_yx: Median move in px, down and to the right.
        p95_px: What 95 % of those found again moved at most, and 15 where most were not; 0 without corners.
        worst_yx: Where one moved most, or one that was lost, in pixels of the arrays; None without corners.
        lost: Share of the corners, 0 to 1, that were not found again; all around them pixels changed.
        points: How many were followed.
    """

    shift_yx: tuple[float, float]
    p95_px: float
    worst_yx: tuple[int, int] | None
    lost: float
    points: int


def inner_shift(picture: NDArray[np.uint8], expected: NDArray[np.uint8], inside: NDArray[np.bool_]) -> Shift:
    """Where corners inside the product went, whatever light falls on them; where no pixel changed, none has moved.

    Args:
        picture, expected: (H, W, 3) uint8 sRGB.
        inside: (H, W) bool, where the product covers the pixel wholly.
    """
    window = np.ones((_WINDOW_PX, _WINDOW_PX), np.uint8)
    deep = cv2.erode(inside.astype(np.uint8), window, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    # Reduced levels of the pyramid see past the product's edge, where the background must not pull at anything.
    changed = inside & (cv2.absdiff(picture, expected).max(axis=-1) > _SAME)
    shown = np.where(changed[..., None], picture, expected)
    before, after = (np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8) for image in (expected, shown))
    corners = cv2.goodFeaturesToTrack(before, _MOST_POINTS, _QUALITY, _APART_PX, mask=deep)
    if corners is None:
        return Shift((0.0, 0.0), 0.0, None, 0.0, 0)
    found = np.asarray(corners[:, 0], np.float32)
    moved, kept = _followed(before, _evened(after, before, inside), found)
    column, row = np.round(found).astype(int).T
    still = cv2.dilate(changed.astype(np.uint8), window)[row, column] == 0
    moved[still], kept[still] = found[still], True
    lost = 1 - float(kept.mean())
    if lost > _MOST_LOST:
        return Shift((0.0, 0.0), REACH_PX, _pixel(found[int(np.argmin(kept))]), lost, len(kept))
    moves = (moved - found)[kept].astype(np.float64)
    lengths = np.hypot(*moves.T)
    right, down = np.median(moves, axis=0)
    return Shift(
        shift_yx=(float(down), float(right)),
        p95_px=float(np.percentile(lengths, 95)),
        worst_yx=_pixel(found[kept][int(np.argmax(lengths))]),
        lost=lost,
        points=len(kept),
    )


def _followed(
    before: NDArray[np.uint8], after: NDArray[np.uint8], found: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Where (N, 2) corners, column and row, went between two (H, W) lumas, and (N,) whether that is sure."""
    moved, ahead, errors = _tracked(before, after, found)
    again, back, _ = _tracked(after, before, moved)
    astray, far = (np.linalg.norm(each - found, axis=1) for each in (again, moved))
    sure = ahead & back & (errors < _MOST_ERROR) & (astray < _MOST_ASTRAY_PX) & (far < REACH_PX)
    return moved, np.asarray(sure, np.bool_)


def _tracked(
    before: NDArray[np.uint8], after: NDArray[np.uint8], found: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.float32]]:
    moved, status, errors = cv2.calcOpticalFlowPyrLK(
        before, after, found[:, None], np.empty_like(found[:, None]), winSize=(_WINDOW_PX, _WINDOW_PX), maxLevel=2
    )
    return np.asarray(moved[:, 0], np.float32), status[:, 0] > 0, np.asarray(errors[:, 0], np.float32)


def _evened(after: NDArray[np.uint8], before: NDArray[np.uint8], inside: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """`after` as bright as `before` over wide neighbourhoods inside; the same bytes where both agree."""
    weight = inside.astype(np.float32)
    bright, wanted = (cv2.GaussianBlur(each * weight, (0, 0), _LIGHT_PX) for each in (after, before))
    gain = np.where(inside, np.clip((wanted + 0.5) / (bright + 0.5), *_GAIN), 1)
    return np.clip(np.round(after * gain), 0, 255).astype(np.uint8)


def _pixel(column_row: NDArray[np.float32]) -> tuple[int, int]:
    return math.floor(column_row[1] + 0.5), math.floor(column_row[0] + 0.5)

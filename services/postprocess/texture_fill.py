"""Carry the fine structure of a surface on into a hole in it.

Each piece of the hole takes the detail of the place near by whose surroundings look most like its own: wood keeps its
grain and a wall its joints, where a smooth fill alone would lay a blurred ring around the product. Exemplar-based, as
by Criminisi, Pérez and Toyama (2004), with detail alone, so that light and colour stay those of the smooth fill.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

#: Side of the pieces that are compared, how far they lie apart, and how far away their like is looked for.
_PIECE_PX: Final = 25
_STEP_PX: Final = 9
_SEARCH_PX: Final = 64
#: A piece of which less is known has nothing to be compared by.
_LEAST_KNOWN: Final = 0.12
#: What a piece would bring along into the hole costs this much of a difference: nothing shall be invented.
_INVENTION: Final = 0.1
#: Pieces overlap, and the nearest counts by far the most.
_SHARPNESS: Final = 6


def texture_fill(
    detail: NDArray[np.float32], hole: NDArray[np.bool_], wanted: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Detail for a hole, from around it.

    Args:
        detail: (H, W, 3) float32, what the picture holds beyond its smooth part, in levels of 255.
        hole: (H, W) bool, where it is not to be believed.
        wanted: (H, W) bool, the part of the hole to fill.

    Returns:
        (H, W, 3) float32; 0 where nothing was wanted or nothing alike was found. Beside the hole it is what the pieces
        would put there, which tells how well they fit.
    """
    known = (~hole).astype(np.float32)
    gray = np.asarray(detail.mean(axis=2) * known, np.float32)
    # Where a piece that begins here lies wholly outside the hole.
    piece_px = np.ones((_PIECE_PX, _PIECE_PX), np.uint8)
    whole = np.asarray(cv2.erode(known, piece_px, anchor=(0, 0), borderValue=0), np.float32)
    total = np.zeros(detail.shape, np.float32)
    weights = np.full(hole.shape, 1e-30, np.float32)
    bump = _bump()
    for top, left in _corners(hole & wanted):
        piece = slice(top, top + _PIECE_PX), slice(left, left + _PIECE_PX)
        found = _alike(gray, known, whole, top, left)
        if found is not None:
            row, column = found
            total[piece] += detail[row : row + _PIECE_PX, column : column + _PIECE_PX] * bump[..., None]
            weights[piece] += bump
    return np.asarray(total / weights[..., None], np.float32)


def _corners(target: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Corners of the pieces whose middle squares hold something to fill."""
    height, width = target.shape
    margin = (_PIECE_PX - _STEP_PX) // 2
    inner = target[margin : height - margin, margin : width - margin]
    rows, columns = np.nonzero(inner)
    places = np.unique(np.stack([rows // _STEP_PX, columns // _STEP_PX], axis=1), axis=0) * _STEP_PX
    return [(int(top), int(left)) for top, left in places if top + _PIECE_PX <= height and left + _PIECE_PX <= width]


def _alike(
    gray: NDArray[np.float32], known: NDArray[np.float32], whole: NDArray[np.float32], top: int, left: int
) -> tuple[int, int] | None:
    """Corner of the whole piece near by that differs least where this one is known."""
    mask = known[top : top + _PIECE_PX, left : left + _PIECE_PX]
    if mask.mean() < _LEAST_KNOWN:
        return None
    first_row, first_column = max(0, top - _SEARCH_PX), max(0, left - _SEARCH_PX)
    region = gray[first_row : top + _PIECE_PX + _SEARCH_PX, first_column : left + _PIECE_PX + _SEARCH_PX]
    piece = gray[top : top + _PIECE_PX, left : left + _PIECE_PX]
    unlike = cv2.matchTemplate(region, piece, cv2.TM_SQDIFF, mask=mask)
    invented = cv2.matchTemplate(np.square(region), 1 - mask, cv2.TM_CCORR)
    cost = np.asarray(unlike + _INVENTION * invented, np.float32)
    usable = whole[first_row : first_row + cost.shape[0], first_column : first_column + cost.shape[1]] > 0
    if not usable.any():
        return None
    best = int(np.argmin(np.where(usable, cost, np.inf)))
    return first_row + best // cost.shape[1], first_column + best % cost.shape[1]


def _bump() -> NDArray[np.float32]:
    across = np.sin((np.arange(_PIECE_PX) + 0.5) / _PIECE_PX * np.pi) ** _SHARPNESS
    return np.asarray(np.outer(across, across), np.float32)

"""The rule about the colour of the ground."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.alpha import OPAQUE
from services.common.geometry import Box
from services.lint.exhibit import Exhibit
from services.lint.rules import GroundRule
from services.lint.verdict import Finding

#: So near to the product nothing is judged: its soft edge lies there, and what a file format does to it, which are
#: blocks of 8 pixels in JPEG, and of 16 where its colour is half as fine: nearly all JPEGs that come in.
_EDGE_PX: Final = 16
#: Alpha below one step of 255 is nobody's.
_LEAST_ALPHA: Final = OPAQUE // 255


def check_ground(rule: GroundRule, exhibit: Exhibit) -> Finding:
    """Whether all but some of the ground has the colour. The value is that share; the place is where it is farthest
    from it."""
    if exhibit.transparent:
        return Finding(rule, rule.transparent, "a transparent ground")
    ground = ground_of(exhibit.alpha)
    area = int(np.count_nonzero(ground))
    if not area:
        return Finding(rule, passed=True, found="a product that leaves no ground to be seen")
    off = _distance(exhibit.image, rule.color)
    off[~ground] = 0
    share = 1 - int(np.count_nonzero(off > rule.tolerance)) / area
    passed = share >= rule.least_share
    row, column = np.unravel_index(int(off.argmax()), off.shape)
    worst = exhibit.image[row, column]
    told = f"{_floored(share)} of the ground {rule.color}"
    if share < 1:
        told += f"; #{bytes(worst.tolist()).hex()} at {column}, {row}"
    return Finding(rule, passed, told, share, places=() if passed else (Box(int(row), int(column), 1, 1),))


def ground_color(exhibit: Exhibit) -> tuple[int, int, int]:
    """The ground's median sRGB; white where none is seen."""
    ground = exhibit.image[ground_of(exhibit.alpha)]
    if not len(ground):
        return 255, 255, 255
    red, green, blue = np.median(ground, axis=0).astype(int).tolist()
    return red, green, blue


def ground_of(alpha: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """Where surely no product is: (H, W) bool."""
    side = 2 * _EDGE_PX + 1
    near = cv2.dilate((alpha >= _LEAST_ALPHA).astype(np.uint8), np.ones((side, side), np.uint8))
    return np.asarray(near == 0)


def _distance(image: NDArray[np.uint8], color: str) -> NDArray[np.uint8]:
    """(H, W) uint8: the channel's that is farthest from the colour."""
    off = cv2.absdiff(image, np.full_like(image, tuple(bytes.fromhex(color.removeprefix("#")))))
    return np.asarray(off.max(axis=-1), np.uint8)


def _floored(share: float) -> str:
    """A share in words that never reads as all where it is not."""
    return f"{np.floor(share * 1000) / 10:g} %"

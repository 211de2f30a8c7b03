"""Where alpha can't be trusted."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.segment.doubt import Mask

Array = NDArray[np.float32]

#: From here on a person should look.
UNSURE: Final = 128
#: DeltaE2000 between product and background along the edge: above the first nothing is doubted for it, below the second
#: all. 8, below which classical matting fails, has to come out above a half.
_PLAIN, _ALIKE = 13.0, 5.0
#: Error of the edge recomposed of both colours, in bytes: what noise does, and what no mixture explains.
_EXPLAINED, _STRANGE = 12.0, 50.0
#: The grid on which values are averaged along the edge, in pixels, and the side of the window, in its places.
_GRID: Final = 4
_WINDOW: Final = 5


def judge(unknown: Mask, difference: Array, errors: Array) -> NDArray[np.uint8]:
    """Say for every pixel of the edge how little its alpha means.

    It means little where product and background look alike, since any alpha then explains the photo, and where no
    mixture of their colours does.

    Args:
        unknown: (H, W) bool, the band of the edge, with N pixels.
        difference: (N,) deltaE2000 between product and background beside each; 0 where one of them is not seen.
        errors: (N,) error of the recomposed colour, in bytes.

    Returns:
        (H, W) uint8: 0 = certain, `UNSURE` and more = a person should look; 0 away from the edge.
    """
    alike = np.clip((_PLAIN - along_edge(unknown, difference)) / (_PLAIN - _ALIKE), 0, 1)
    strange = np.clip((along_edge(unknown, errors) - _EXPLAINED) / (_STRANGE - _EXPLAINED), 0, 1)
    marks = np.zeros(unknown.shape, np.uint8)
    marks[unknown] = np.round(255 * np.maximum(alike, strange))
    return marks


def along_edge(unknown: Mask, values: Array) -> Array:
    """The mean of the values of unknown pixels around each of them, (N,) float32."""
    height, width = (-(-side // _GRID) for side in unknown.shape)
    rows, columns = np.nonzero(unknown)
    cells = rows // _GRID * width + columns // _GRID
    sums = [np.bincount(cells, weights, height * width) for weights in (values, None)]
    total, count = (
        cv2.blur(field.reshape(height, width).astype(np.float32), (_WINDOW, _WINDOW), borderType=cv2.BORDER_CONSTANT)
        for field in sums
    )
    return np.asarray(total.ravel()[cells] / count.ravel()[cells], np.float32)

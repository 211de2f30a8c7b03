"""A picture cut into tiles that a network is shown one at a time, so that memory does not grow with the picture."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.geometry import SizeHW

#: Side of what a tile adds to the result, in pixels of the picture given; a tile is shown its overlap besides.
TILE_PX: Final = 256
#: The picture goes on by its mirror image, as networks are trained on pictures without an edge; Real-ESRGAN's own
#: programs do it by 10 (`pre_pad`).
MIRRORED_PX: Final = 10

#: Enlarges (1, 3, h, w) float32 in [0, 1] sRGB.
Compute = Callable[[NDArray[np.float32]], NDArray[np.float32]]
Span = tuple[int, int]


def enlarge_in_tiles(
    image: NDArray[np.uint8],
    compute: Compute,
    scale: int,
    overlap_px: int,
    before_each: Callable[[], None] = lambda: None,
    tile_px: int = TILE_PX,
) -> NDArray[np.uint8]:
    """Enlarge a picture.

    Args:
        image: (H, W, 3) uint8 sRGB.
        compute: A network.
        scale: How many times larger its pictures are.
        overlap_px: How far a tile is shown its surroundings; the result is that of the whole picture where this is as
            far as the network sees.
        before_each: Called before each tile; may raise.
        tile_px: See `TILE_PX`.

    Returns:
        (scale * H, scale * W, 3) uint8 sRGB.
    """
    height, width = image.shape[:2]
    large = np.empty((height * scale, width * scale, 3), np.uint8)
    margins = (MIRRORED_PX,) * 4
    given = np.asarray(cv2.copyMakeBorder(image, *margins, cv2.BORDER_REFLECT), np.uint8)
    for top, bottom in _spans(height, tile_px):
        for left, right in _spans(width, tile_px):
            before_each()
            rows, across = _shown(top, bottom, height, overlap_px), _shown(left, right, width, overlap_px)
            made = compute(_planes(given[slice(*rows), slice(*across)]))
            y, x = (top + MIRRORED_PX - rows[0]) * scale, (left + MIRRORED_PX - across[0]) * scale
            place = large[top * scale : bottom * scale, left * scale : right * scale]
            place[:] = _bytes(made)[y : y + place.shape[0], x : x + place.shape[1]]
    return large


def tiles_of(size_hw: SizeHW, tile_px: int = TILE_PX) -> int:
    """How many tiles a picture has."""
    return len(list(_spans(size_hw[0], tile_px))) * len(list(_spans(size_hw[1], tile_px)))


def _spans(side: int, tile_px: int) -> Iterator[Span]:
    """Equal parts of a side, so that none is a sliver."""
    count = -(-side // tile_px)
    return pairwise(round(side * number / count) for number in range(count + 1))


def _shown(start: int, stop: int, side: int, overlap_px: int) -> Span:
    """What of a mirrored side a part is shown."""
    return (
        max(0, start + MIRRORED_PX - overlap_px),
        min(side + 2 * MIRRORED_PX, stop + MIRRORED_PX + overlap_px),
    )


def _planes(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.ascontiguousarray(image.transpose(2, 0, 1)[None], np.float32) / np.float32(255)


def _bytes(planes: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.asarray(np.rint(np.clip(planes[0].transpose(1, 2, 0), 0, 1) * 255), np.uint8)

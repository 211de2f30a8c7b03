"""Cutouts drawn into pictures of other frames, over other backgrounds. Straight sRGB in bytes, mixed as light."""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.errors import Internal
from services.common.geometry import Box, SizeHW
from services.common.placement import Placement
from services.common.srgb import to_bytes, to_linear
from services.postprocess.product import place_product, resampled_hw
from services.postprocess.resample import Resampling
from services.segment.schema import SegmentResult

#: From a byte to sixteen bits, which is exact: 65535 = 255 * 257.
_WIDER: Final = 257
#: As light a pixel takes fifty bytes and more, so pictures are made in bands.
BAND_PX: Final = 2_000_000
_REACH_PX: Final = 64


def read_cutout(content: bytes) -> NDArray[np.uint8]:
    """A cutout's PNG file, which this service wrote itself: (H, W, 4) uint8.

    Raises:
        Internal: It is none.
    """
    decoded = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if decoded is None or decoded.ndim != 3 or decoded.shape[2] != 4 or decoded.dtype != np.uint8:
        raise Internal("the cutout that was just stored is none")
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGRA2RGBA), np.uint8)


def arranged(cutout: NDArray[np.uint8], placement: Placement, band_px: int = BAND_PX) -> NDArray[np.uint8]:
    """The cutout on an empty canvas: (H, W, 4) uint8, both.

    Args:
        cutout: Of the photo's size.
        placement: Where the photo goes.
        band_px: Pixels of the photo that are turned into light at once.
    """
    colour, alpha = np.ascontiguousarray(cutout[..., :3]), cutout[..., 3].astype(np.uint16) * np.uint16(_WIDER)
    if placement.scale == 1 and placement.origin_yx == (0, 0) and placement.canvas_hw == alpha.shape:
        return cutout
    whole = Box(placement.top, placement.left, *resampled_hw((alpha.shape[0], alpha.shape[1]), placement.scale))
    found = SegmentResult(alpha, colour, None, 1.0, "", 0.0)
    canvas = np.zeros((*placement.canvas_hw, 4), np.uint8)
    for band in _bands(placement.canvas_hw, alpha.shape[1] / placement.scale, band_px):
        inside = whole.within(band).clipped((band.height, band.width))
        if inside.height and inside.width:
            part = replace(placement, canvas_hw=(band.height, band.width), top=placement.top - band.top)
            product = place_product(colour, found, part)
            drawn = np.dstack([product.color, (product.alpha // _WIDER).astype(np.uint8)])
            canvas[band.slices()][product.box.slices()] = drawn
    return canvas


def over(cutout: NDArray[np.uint8], background: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The cutout over a background, both (H, W, 4) uint8 of one size, by the over operator on light.

    Opaque pixels of the cutout stay to the byte.
    """
    result = np.empty_like(cutout)
    for band in _bands((cutout.shape[0], cutout.shape[1]), cutout.shape[1], BAND_PX):
        shown = band.slices()
        result[shown] = _over(cutout[shown], background[shown])
    return result


def _over(cutout: NDArray[np.uint8], background: NDArray[np.uint8]) -> NDArray[np.uint8]:
    front = cutout[..., 3:].astype(np.float32) / np.float32(255)
    back = background[..., 3:].astype(np.float32) / np.float32(255) * (1 - front)
    alpha = front + back
    light = to_linear(cutout[..., :3]) * front + to_linear(background[..., :3]) * back
    light /= np.maximum(alpha, np.float32(1 / 255))
    mixed = np.dstack([to_bytes(light), np.round(alpha * 255).astype(np.uint8)])
    return np.where(cutout[..., 3:] == 255, cutout, mixed)


def plain(size_hw: SizeHW, colour: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """(H, W, 4) uint8 of one colour, RGBA."""
    return np.full((*size_hw, 4), colour, np.uint8)


def covering(image: NDArray[np.uint8], size_hw: SizeHW) -> NDArray[np.uint8]:
    """The middle of a picture, as much of it as fills the size: (H, W, 4) uint8 from (h, w, 3)."""
    height, width = image.shape[:2]
    scale = max(size_hw[0] / height, size_hw[1] / width)
    part_hw = (min(height, math.ceil(size_hw[0] / scale)), min(width, math.ceil(size_hw[1] / scale)))
    middle = image[Box((height - part_hw[0]) // 2, (width - part_hw[1]) // 2, *part_hw).slices()]
    filled = np.full((*size_hw, 4), 255, np.uint8)
    for band in _bands(size_hw, part_hw[1] / scale, BAND_PX):
        filtering = Resampling(part_hw, size_hw, band, shrinks=scale < 1)
        filled[band.slices()][..., :3] = to_bytes(filtering.resized(to_linear(middle[filtering.source])))
    return filled


def _bands(canvas_hw: SizeHW, source_px: float, band_px: int) -> Iterator[Box]:
    """The canvas from top to bottom, in parts that are made of `band_px` pixels of the source each, where a row is made
    of `source_px`."""
    rows = max(1, math.floor(band_px / max(source_px, canvas_hw[1])))
    for top in range(0, canvas_hw[0], rows):
        yield Box(top, 0, min(rows, canvas_hw[0] - top), canvas_hw[1])


def spread(cutout: NDArray[np.uint8], band_px: int = BAND_PX) -> NDArray[np.uint8]:
    """The cutout's colours, carried on from its edge to where it is empty: (H, W, 3) uint8.

    A JPEG of them has no border along the product that its compression, or a later resampling, could blur. How it goes
    on further than `_REACH_PX` from the edge is left to chance.

    Args:
        cutout: (H, W, 4) uint8.
        band_px: Pixels that are looked at at once.
    """
    height, width = cutout.shape[:2]
    colour = np.empty((height, width, 3), np.uint8)
    for band in _bands((height, width), width, band_px):
        wider = band.grown(_REACH_PX, (height, width))
        colour[band.slices()] = _spread(cutout[wider.slices()])[band.within(wider).slices()]
    return colour


def _spread(cutout: NDArray[np.uint8]) -> NDArray[np.uint8]:
    empty = (cutout[..., 3] == 0).astype(np.uint8)
    colour = np.ascontiguousarray(cutout[..., :3])
    if empty.all() or not empty.any():
        return colour
    _, nearest = cv2.distanceTransformWithLabels(empty, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    known = empty == 0
    table = np.zeros((int(nearest.max()) + 1, 3), np.uint8)
    table[nearest[known]] = colour[known]
    return table[nearest]

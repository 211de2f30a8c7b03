"""Cutouts drawn into pictures of other frames, over other backgrounds. Straight sRGB in bytes, mixed as light."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.errors import Internal
from services.common.geometry import Box, SizeHW
from services.common.placement import Placement
from services.common.srgb import to_bytes, to_linear
from services.postprocess.product import place_product
from services.segment.schema import SegmentResult

#: From a byte to sixteen bits, which is exact: 65535 = 255 * 257.
_WIDER = 257


def read_cutout(content: bytes) -> NDArray[np.uint8]:
    """A cutout's PNG file, which this service wrote itself: (H, W, 4) uint8.

    Raises:
        Internal: It is none.
    """
    decoded = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if decoded is None or decoded.ndim != 3 or decoded.shape[2] != 4 or decoded.dtype != np.uint8:
        raise Internal("the cutout that was just stored is none")
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGRA2RGBA), np.uint8)


def arranged(cutout: NDArray[np.uint8], placement: Placement) -> NDArray[np.uint8]:
    """The cutout on an empty canvas: (H, W, 4) uint8, both."""
    colour, alpha = np.ascontiguousarray(cutout[..., :3]), cutout[..., 3].astype(np.uint16) * np.uint16(_WIDER)
    if placement.scale == 1 and placement.origin_yx == (0, 0) and placement.canvas_hw == alpha.shape:
        return cutout
    product = place_product(colour, SegmentResult(alpha, colour, None, 1.0, "", 0.0), placement)
    canvas = np.zeros((*placement.canvas_hw, 4), np.uint8)
    canvas[product.box.slices()] = np.dstack([product.color, (product.alpha // _WIDER).astype(np.uint8)])
    return canvas


def over(cutout: NDArray[np.uint8], background: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The cutout over a background, both (H, W, 4) uint8 of one size, by the over operator on light.

    Opaque pixels of the cutout stay to the byte.
    """
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
    # Cut before it is resized, so that no picture grows beyond the size.
    part_hw = (min(height, math.ceil(size_hw[0] / scale)), min(width, math.ceil(size_hw[1] / scale)))
    part = Box((height - part_hw[0]) // 2, (width - part_hw[1]) // 2, *part_hw)
    filtering = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    resized = cv2.resize(to_linear(image[part.slices()]), (size_hw[1], size_hw[0]), interpolation=filtering)
    return np.dstack([to_bytes(np.asarray(resized, np.float32)), np.full(size_hw, 255, np.uint8)])


def spread(cutout: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The cutout's colours, carried on from its edge to where it is empty: (H, W, 3) uint8.

    A JPEG of them has no border along the product that its compression could blur.
    """
    empty = (cutout[..., 3] == 0).astype(np.uint8)
    colour = np.ascontiguousarray(cutout[..., :3])
    if empty.all() or not empty.any():
        return colour
    _, nearest = cv2.distanceTransformWithLabels(empty, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    known = empty == 0
    table = np.zeros((int(nearest.max()) + 1, 3), np.uint8)
    table[nearest[known]] = colour[known]
    return table[nearest]

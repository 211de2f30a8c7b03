"""A cutout as a picture of its own."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.geometry import Box, SizeHW
from services.common.placement import Placement
from services.postprocess.composite import on_color
from services.postprocess.product import Product
from services.postprocess.schema import CutoutRequest

#: Side of the square around a covered pixel in which a cutout's file keeps colour.
_EDGE_PX: Final = 17


def frame(request: CutoutRequest, size_hw: SizeHW) -> Placement:
    """Where the product lies in the picture: where it did in the photo of that size, or in the part that is kept."""
    crop = request.crop or Box(0, 0, *size_hw)
    canvas = Box(0, 0, crop.height, crop.width)
    return Placement((crop.height, crop.width), crop, 0, 0, 1.0, canvas)


def cut_picture(request: CutoutRequest, product: Product) -> NDArray[np.uint8]:
    """The cutout as a picture: (H, W, 4) uint8 sRGB with straight alpha, or (H, W, 3) on the colour asked for.

    Args:
        request: What to put it on.
        product: In its `frame`.
    """
    if request.background is not None:
        return on_color(product.color, product.alpha, request.background)
    return np.dstack([_blanked(product.color, product.alpha), (product.alpha // 257).astype(np.uint8)])


def _blanked(color: NDArray[np.uint8], alpha: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Colour where alpha or the resampling of its edge needs it, and nothing of the old background elsewhere."""
    near = cv2.dilate(alpha, np.ones((_EDGE_PX, _EDGE_PX), np.uint8)) > 0
    return color * near[..., None]

"""Masks: pictures that say by brightness, or by their alpha, where the product may be, or its colour may change."""

from types import MappingProxyType
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.codecs.opener import image_size_hw
from services.codecs.photo import decode_named
from services.common.errors import InvalidInput
from services.common.geometry import SizeHW
from services.common.image import ImageLimits

#: What masks are called, by their field.
KEEP_MASK: Final = "selection.keep_mask"
RECOLOUR_MASK: Final = "recolour.mask"
_CALLED: Final = MappingProxyType({KEEP_MASK: "the keep-mask", RECOLOUR_MASK: "the mask of what to recolour"})


def decode_mask(data: bytes, size_hw: SizeHW, limits: ImageLimits, field: str = KEEP_MASK) -> NDArray[np.uint8]:
    """Decode a mask with all the care that photos get.

    Args:
        data: The file, in any format that photos have; its EXIF orientation is applied.
        size_hw: The photo's shown size, which the mask has to have.
        limits: Of bytes and pixels, the photo's own.
        field: Of the request, one of those above.

    Returns:
        (H, W) uint8: the alpha where the file has one that cuts out, else luma; 255 = may be product, or may change.

    Raises:
        InvalidInput: No bytes, or another size.
        TooLarge: More bytes than the limit.
        UnsupportedMedia: Can't be read; see `decode_image`.
    """
    told = image_size_hw(data)
    # Before a pixel is decoded; which of its sides is which, only its orientation tells.
    if told is not None and sorted(told) != sorted(size_hw):
        raise _of_another_size(told, size_hw, field)
    mask = decode_named(data, limits, _CALLED[field], field)
    found = (mask.image.shape[0], mask.image.shape[1])
    if found != size_hw:
        raise _of_another_size(found, size_hw, field)
    if mask.alpha is not None:
        return mask.alpha
    return np.asarray(cv2.cvtColor(mask.image, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def _of_another_size(found: SizeHW, wanted: SizeHW, field: str) -> InvalidInput:
    return InvalidInput(
        f"{_CALLED[field]} is {found[1]} x {found[0]} pixels; wanted is the photo's shown size, "
        f"{wanted[1]} x {wanted[0]}",
        field=field, got=[found[1], found[0]], wanted=[wanted[1], wanted[0]],
    )  # fmt: skip

"""Pictures to files."""

import io
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from services.codecs.png import encode_png
from services.codecs.profile import srgb_profile
from services.common.errors import Internal, InvalidInput
from services.common.image import ImageFormat

#: From this quality on, colour is kept at full resolution.
_FINE = 90


def encode_image(image: NDArray[np.uint8], image_format: ImageFormat, quality: int, xmp: bytes = b"") -> bytes:
    """Encode a picture with an sRGB profile, what it says of itself, and no other metadata.

    Args:
        image: (H, W, 3) or (H, W, 4) uint8 sRGB, straight alpha.
        image_format: JPEG takes no alpha.
        quality: 1 to 100; PNG ignores it, WebP at 100 is lossless.
        xmp: A packet; empty for none.

    Raises:
        InvalidInput: JPEG of four channels.
        Internal: The array is no picture.
    """
    if image.ndim != 3 or image.shape[2] not in (3, 4) or image.dtype != np.uint8:
        raise Internal(f"expected (H, W, 3 or 4) uint8, got {image.shape} {image.dtype}")
    if image_format is ImageFormat.JPEG and image.shape[2] == 4:
        raise InvalidInput("JPEG has no transparency; ask for PNG, WebP or AVIF", field="output.format")
    if image_format is ImageFormat.PNG:
        return encode_png(image, srgb_profile(), xmp)
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image)).save(
        buffer, image_format.value, icc_profile=srgb_profile(), **_packet(xmp), **_OPTIONS[image_format](quality)
    )
    return buffer.getvalue()


def _packet(xmp: bytes) -> dict[str, bytes]:
    # Pillow would write an empty one.
    return {"xmp": xmp} if xmp else {}


def _jpeg(quality: int) -> dict[str, Any]:
    return {"quality": quality, "subsampling": 0 if quality >= _FINE else 2, "optimize": True}


def _webp(quality: int) -> dict[str, Any]:
    # `exact` keeps the colour under transparent pixels, which resampling at the edge reads.
    return {"quality": quality, "method": 4, "lossless": quality == 100, "exact": True}


def _avif(quality: int) -> dict[str, Any]:
    # Speed 8 takes a quarter of the default's time, for an eighth more bytes.
    return {"quality": quality, "subsampling": "4:4:4" if quality >= _FINE else "4:2:0", "speed": 8}


_OPTIONS = MappingProxyType({ImageFormat.JPEG: _jpeg, ImageFormat.WEBP: _webp, ImageFormat.AVIF: _avif})

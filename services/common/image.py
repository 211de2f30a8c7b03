"""Bytes to arrays and back. The only file that knows Pillow's (width, height) order.

An image inside Vitrine is (H, W, 3) uint8 sRGB, upright. What comes in is hostile: sizes are read from the header and
checked before a pixel is decoded.
"""

import functools
import io
import struct
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from services.common.errors import Internal, InvalidInput, TooLarge, UnsupportedMedia
from services.common.geometry import SizeHW

READABLE: Final = ("JPEG", "PNG", "WEBP")
MIN_SIDE_PX: Final = 16


class ImageFormat(StrEnum):
    """What we write; the values are Pillow's names."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WEBP"

    @property
    def media_type(self) -> str:
        """The IANA media type."""
        return f"image/{self.value.lower()}"

    @property
    def extension(self) -> str:
        """The file name's ending, without a dot."""
        return "jpg" if self is ImageFormat.JPEG else self.value.lower()


@dataclass(frozen=True)
class ImageLimits:
    """The largest input that is decoded."""

    max_bytes: int
    max_pixels: int


def decode_image(data: bytes, limits: ImageLimits) -> NDArray[np.uint8]:
    """Decode a photo.

    EXIF orientation is applied, an embedded ICC profile is converted to sRGB, transparency is flattened on white.

    Returns:
        (H, W, 3) uint8 sRGB.

    Raises:
        InvalidInput: No bytes, or an image smaller than 16 pixels on a side.
        TooLarge: More bytes or pixels than `limits`.
        UnsupportedMedia: Not a JPEG, PNG or WebP; truncated; animated.
    """
    if not data:
        raise InvalidInput("the image is empty; send the bytes of a JPEG, PNG or WebP file", field="image.content")
    if len(data) > limits.max_bytes:
        raise TooLarge(
            f"the image has {len(data)} bytes; at most {limits.max_bytes} are taken",
            field="image.content", got=len(data), limit=limits.max_bytes,
        )  # fmt: skip
    try:
        with Image.open(io.BytesIO(data), formats=READABLE) as picture:
            _check_header(picture, limits)
            picture.load()
            return _upright_srgb(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        # Pillow's own guard, for sizes far beyond ours; it tells no numbers.
        raise TooLarge(
            f"the image has too many pixels; at most {limits.max_pixels} are taken",
            field="image.content", limit=limits.max_pixels,
        ) from error  # fmt: skip
    except UnidentifiedImageError as error:
        raise UnsupportedMedia(
            "the image can't be read; wanted is a JPEG, PNG or WebP file", field="image.content"
        ) from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        # Pillow's decoders raise any of these on truncated or mutated files.
        raise UnsupportedMedia(
            "the image is damaged or cut short; send the whole file", field="image.content"
        ) from error


def _check_header(picture: Image.Image, limits: ImageLimits) -> None:
    width, height = picture.size
    if width * height > limits.max_pixels:
        raise TooLarge(
            f"the image has {width} x {height} = {width * height} pixels; at most {limits.max_pixels} are taken",
            field="image.content", got=width * height, limit=limits.max_pixels,
        )  # fmt: skip
    if min(width, height) < MIN_SIDE_PX:
        raise InvalidInput(
            f"the image is {width} x {height} pixels; each side needs at least {MIN_SIDE_PX}",
            field="image.content", got=min(width, height), limit=MIN_SIDE_PX,
        )  # fmt: skip
    if getattr(picture, "n_frames", 1) > 1:
        raise UnsupportedMedia("the image is animated; send a single picture", field="image.content")


def image_size_hw(data: bytes) -> SizeHW | None:
    """The (height, width) that an image file's header tells, in pixels; None where the bytes are no image we read."""
    try:
        with Image.open(io.BytesIO(data), formats=READABLE) as picture:
            return picture.height, picture.width
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None


def _upright_srgb(picture: Image.Image) -> NDArray[np.uint8]:
    profile = picture.info.get("icc_profile")
    picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith("I"):
        # Pillow would clip 16-bit greys at 255 instead of scaling them.
        picture = Image.fromarray((np.asarray(picture).astype(np.uint32) >> 8).astype(np.uint8))
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        rgba = picture.convert("RGBA")
        flat = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
        flat.alpha_composite(rgba)
        picture = flat.convert("RGB")
    if profile and picture.mode in ("RGB", "CMYK", "L"):
        picture = _to_srgb(picture, profile)
    return np.asarray(picture.convert("RGB"), dtype=np.uint8)


def _to_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        # A broken or mismatched profile is common in the wild; the pixels are then taken as sRGB, as browsers do.
        return picture
    return picture if converted is None else converted


def encode_image(image: NDArray[np.uint8], image_format: ImageFormat, quality: int) -> bytes:
    """Encode a picture with an sRGB profile and no other metadata.

    Args:
        image: (H, W, 3) or (H, W, 4) uint8 sRGB, straight alpha.
        image_format: JPEG takes no alpha.
        quality: 1 to 100; PNG ignores it, WebP at 100 is lossless.

    Raises:
        InvalidInput: JPEG of four channels.
        Internal: The array is no picture.
    """
    if image.ndim != 3 or image.shape[2] not in (3, 4) or image.dtype != np.uint8:
        raise Internal(f"expected (H, W, 3 or 4) uint8, got {image.shape} {image.dtype}")
    if image_format is ImageFormat.JPEG and image.shape[2] == 4:
        raise InvalidInput("JPEG has no transparency; ask for PNG or WebP", field="output.format")
    options: dict[ImageFormat, dict[str, object]] = {
        ImageFormat.JPEG: {"quality": quality, "subsampling": 0 if quality >= 90 else 2, "optimize": True},
        ImageFormat.PNG: {"compress_level": 4},
        # `exact` keeps the colour under transparent pixels, which a lossless cutout must not lose.
        ImageFormat.WEBP: {"quality": quality, "method": 4, "lossless": quality == 100, "exact": True},
    }
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image)).save(
        buffer, image_format.value, icc_profile=_srgb_profile(), **options[image_format]
    )
    return buffer.getvalue()


@functools.cache
def _srgb_profile() -> bytes:
    """An sRGB profile with a fixed date, where Little CMS writes the clock's: the same picture is the same file.

    The date is six 16-bit numbers at byte 24 (ICC.1:2022, 7.2.1 and 4.2).
    """
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[24:36] = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
    return bytes(profile)

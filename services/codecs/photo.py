"""Photos: what comes in, decoded.

An image inside Vitrine is (H, W, 3) uint8 sRGB, upright. What comes in is hostile: sizes are read from the header and
checked before a pixel is decoded (`opener.py`).
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from services.codecs.opener import opened
from services.codecs.profile import to_srgb
from services.common.camera import FOCAL_RANGE_MM
from services.common.errors import UnsupportedMedia, VitrineError
from services.common.geometry import SizeHW
from services.common.image import ImageLimits

#: An alpha channel is a cutout when at least this share of the photo is transparent. With less, such as the round
#: corners of a screenshot, it says nothing of the product.
CUTOUT_SHARE: Final = 0.002

_UPRIGHT: Final = MappingProxyType(
    {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
)
_KEEPS_SIDES: Final = frozenset(
    {Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_180, Image.Transpose.FLIP_TOP_BOTTOM}
)


@dataclass(frozen=True)
class Photo:
    """A decoded photo, without anything else that its file told but the lens.

    Args:
        image: (H, W, 3) uint8 sRGB, upright; with `alpha` its straight colours, else flattened on white.
        alpha: (H, W) uint8, 255 = product, of a photo that arrived cut out; else None.
        format: The file's, by Pillow's name: "JPEG", "PNG", "WEBP", "AVIF", "HEIF" or "TIFF".
        focal_mm: Focal length on a frame of 36 x 24 mm, where the file tells it.
    """

    image: NDArray[np.uint8]
    alpha: NDArray[np.uint8] | None = None
    format: str = ""
    focal_mm: float | None = None

    def on_white(self) -> NDArray[np.uint8]:
        """What a viewer shows of it: (H, W, 3) uint8 sRGB."""
        return self.image if self.alpha is None else _flat(self.image, self.alpha)


def decode_image(data: bytes, limits: ImageLimits) -> Photo:
    """Decode a photo.

    EXIF orientation is applied, the embedded ICC profile is converted to sRGB, 16 bits become 8, a JPEG's further
    pictures are left out, and so is everything that tells of people and places.

    Raises:
        InvalidInput: No bytes, or an image smaller than 16 pixels on a side.
        TooLarge: More bytes or pixels than `limits`.
        UnsupportedMedia: No JPEG, PNG, WebP, AVIF, HEIC or TIFF; cut short; animated or of several pages; of floats.
    """
    with opened(data, limits) as picture:
        picture.load()
        profile = picture.info.get("icc_profile")
        image_format, focal_mm = _named_format(picture), _focal_mm(picture)
        color, alpha = _split(_turned(picture))
        image = np.asarray(to_srgb(_eight_bits(color), profile), dtype=np.uint8)
        coverage = None if alpha is None else np.asarray(alpha, dtype=np.uint8)
    if coverage is None:
        return Photo(image, None, image_format, focal_mm)
    if np.count_nonzero(coverage < 128) < CUTOUT_SHARE * coverage.size:
        return Photo(_flat(image, coverage), None, image_format, focal_mm)
    return Photo(image, coverage, image_format, focal_mm)


def decode_named(data: bytes, limits: ImageLimits, called: str, field: str) -> Photo:
    """`decode_image` of a picture beside the photo; errors say what it is called and name its field.

    Args:
        data: The file.
        limits: Of bytes and pixels.
        called: Such as "the keep-mask".
        field: Of the request.
    """
    try:
        return decode_image(data, limits)
    except VitrineError as error:
        message = error.message.replace("the image", called)
        raise type(error)(message, **{**error.details, "field": field}) from error


def shown_size_hw(data: bytes, limits: ImageLimits) -> SizeHW:
    """The (height, width) that a photo will have decoded, read from its header alone.

    Raises:
        InvalidInput, TooLarge, UnsupportedMedia: As `decode_image`, as far as the header tells.
    """
    with opened(data, limits) as picture:
        method = _upright(picture)
        sides = picture.height, picture.width
    return sides if method is None or method in _KEEPS_SIDES else (sides[1], sides[0])


def _named_format(picture: Image.Image) -> str:
    # A JPEG with further pictures behind it is one all the same.
    return "JPEG" if picture.format == "MPO" else picture.format or ""


def _upright(picture: Image.Image) -> Image.Transpose | None:
    try:
        return _UPRIGHT.get(picture.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # noqa: BLE001 # broken EXIF raises anything; the picture itself may be whole
        return None


def _focal_mm(picture: Image.Image) -> float | None:
    """EXIF's FocalLengthIn35mmFilm (CIPA DC-008, 4.6.6), where it is a focal length."""
    try:
        told = float(picture.getexif().get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.FocalLengthIn35mmFilm, 0))
    except Exception:  # noqa: BLE001 # as above
        return None
    return told if FOCAL_RANGE_MM[0] <= told <= FOCAL_RANGE_MM[1] else None


def _turned(picture: Image.Image) -> Image.Image:
    method = _upright(picture)
    return picture if method is None else picture.transpose(method)


def _split(picture: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Colours without alpha, and alpha."""
    if picture.mode in ("RGBa", "La"):
        picture = picture.convert(picture.mode.upper())
    if not picture.has_transparency_data:
        return picture, None
    if picture.mode == "LA":
        return picture.convert("L"), picture.getchannel("A")
    rgba = picture.convert("RGBA")
    return rgba.convert("RGB"), rgba.getchannel("A")


def _eight_bits(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I;16"):
        # Pillow would clip 16-bit greys at 255 instead of scaling them.
        return Image.fromarray((np.asarray(picture).astype(np.uint32) >> 8).astype(np.uint8))
    if picture.mode in ("I", "F"):
        raise UnsupportedMedia(
            "the image has 32 bits a channel, of which nobody knows which is white; send 8 or 16 bits",
            field="image.content",
        )
    return picture


def _flat(image: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Laid on white, as viewers do it: with bytes, not with light."""
    weight = alpha[..., None].astype(np.uint16)
    return ((image * weight + np.uint16(255) * (255 - weight) + 127) // 255).astype(np.uint8)

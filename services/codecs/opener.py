"""From bytes to a picture whose header is known to be harmless, and whose pixels are not decoded yet."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from PIL import Image, UnidentifiedImageError
from PIL.TiffImagePlugin import STRIPBYTECOUNTS, TILEBYTECOUNTS, TILELENGTH, TILEWIDTH, TiffImageFile

from services.codecs.heif import is_cut_short, is_heif, is_sequence, open_heif
from services.common.errors import InvalidInput, TooLarge, UnsupportedMedia, VitrineError
from services.common.geometry import SizeHW
from services.common.image import MIN_SIDE_PX, ImageLimits

#: For people.
READABLE: Final = "JPEG, PNG, WebP, AVIF, HEIC or TIFF"

#: Those that Pillow reads, by its own names.
_BY_PILLOW: Final = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF")
_FIELD: Final = "image.content"
#: Tiles larger than this and than the picture serve nothing but to fill memory.
_LARGE_TILE_PX: Final = 1024 * 1024


@contextmanager
def opened(data: bytes, limits: ImageLimits) -> Iterator[Image.Image]:
    """A picture to decode within the `with` block, in which faults of the decoder become errors of ours.

    Args:
        data: The file.
        limits: Checked before a pixel is decoded.

    Raises:
        InvalidInput: No bytes, or an image smaller than 16 pixels on a side.
        TooLarge: More bytes or pixels than `limits`.
        UnsupportedMedia: No format that is read; cut short, damaged, animated or of several pages.
    """
    _check_bytes(data, limits)
    try:
        with _open(data) as picture:
            _check_header(picture, data, limits)
            yield picture
    except VitrineError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        # Pillow's own guard, for sizes far beyond ours; it tells no numbers.
        raise TooLarge(
            f"the image has too many pixels; at most {limits.max_pixels} are taken",
            field=_FIELD, limit=limits.max_pixels,
        ) from error  # fmt: skip
    except UnidentifiedImageError as error:
        raise UnsupportedMedia(f"the image can't be read; wanted is a {READABLE} file", field=_FIELD) from error
    except Exception as error:
        # On truncated and mutated files decoders raise anything, from KeyError to MemoryError.
        raise UnsupportedMedia("the image is damaged or cut short; send the whole file", field=_FIELD) from error


def image_size_hw(data: bytes) -> SizeHW | None:
    """The (height, width) that an image file's header tells, in pixels; None where the bytes are no image we read."""
    try:
        with _open(data) as picture:
            return picture.height, picture.width
    except Exception:  # noqa: BLE001 # as above; a file that can't be read has no size
        return None


def _open(data: bytes) -> Image.Image:
    if is_heif(data):
        return open_heif(data)
    return Image.open(io.BytesIO(data), formats=_BY_PILLOW)


def _check_bytes(data: bytes, limits: ImageLimits) -> None:
    if not data:
        raise InvalidInput(f"the image is empty; send the bytes of a {READABLE} file", field=_FIELD)
    if len(data) > limits.max_bytes:
        raise TooLarge(
            f"the image has {len(data)} bytes; at most {limits.max_bytes} are taken",
            field=_FIELD, got=len(data), limit=limits.max_bytes,
        )  # fmt: skip
    if is_cut_short(data):
        raise UnsupportedMedia("the image is damaged or cut short; send the whole file", field=_FIELD)


def _check_header(picture: Image.Image, data: bytes, limits: ImageLimits) -> None:
    width, height = picture.size
    if width * height > limits.max_pixels:
        raise TooLarge(
            f"the image has {width} x {height} = {width * height} pixels; at most {limits.max_pixels} are taken",
            field=_FIELD, got=width * height, limit=limits.max_pixels,
        )  # fmt: skip
    if min(width, height) < MIN_SIDE_PX:
        raise InvalidInput(
            f"the image is {width} x {height} pixels; each side needs at least {MIN_SIDE_PX}",
            field=_FIELD, got=min(width, height), limit=MIN_SIDE_PX,
        )  # fmt: skip
    if is_sequence(data) or _has_frames(picture):
        raise UnsupportedMedia("the image is animated or has several pages; send a single picture", field=_FIELD)
    if isinstance(picture, TiffImageFile):
        _check_tiff(picture, len(data))


def _has_frames(picture: Image.Image) -> bool:
    # A JPEG with more pictures behind it (MPO: a depth map, a second lens) is still one photo: its first.
    if picture.format == "MPO":
        return False
    # `is_animated`, because counting a TIFF's pages would read all of them.
    return bool(getattr(picture, "is_animated", False))


def _check_tiff(picture: TiffImageFile, size_bytes: int) -> None:
    """Refuse strips and tiles that are larger than the file, or than the picture."""
    tags = picture.tag_v2
    width, length = int(tags.get(TILEWIDTH, 0)), int(tags.get(TILELENGTH, 0))
    if width * length > max(_LARGE_TILE_PX, 4 * picture.width * picture.height):
        raise TooLarge(
            f"the image has tiles of {width} x {length} pixels, far larger than itself", field=_FIELD,
            got=width * length, limit=4 * picture.width * picture.height,
        )  # fmt: skip
    for tag in (STRIPBYTECOUNTS, TILEBYTECOUNTS):
        counts = tags.get(tag, ())
        if sum(counts if isinstance(counts, tuple) else (counts,)) > size_bytes:
            raise UnsupportedMedia("the image is damaged or cut short; send the whole file", field=_FIELD)

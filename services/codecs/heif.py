"""HEIF files (HEIC), which Pillow does not read by itself.

The plugin's class is used directly. Its `register_heif_opener` would change what Pillow reads and writes in the whole
process, which is not ours alone.
"""

import io
import struct
from collections.abc import Iterator
from typing import Final

from PIL import Image, UnidentifiedImageError
from pillow_heif import HeifImageFile

#: Brands of ISO/IEC 23008-12, annex B: HEVC and AV1 pictures; several of either.
_HEVC: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
_AV1: Final = frozenset({b"avif", b"avis"})
_SEQUENCE: Final = frozenset({b"hevc", b"hevx", b"hevm", b"hevs", b"msf1", b"avis"})
_MOST_BRANDS: Final = 32


def is_heif(data: bytes) -> bool:
    """Whether a file says of itself that it holds HEVC pictures. AVIF, the same container, is Pillow's own."""
    brands = _brands(data)
    return not _HEVC.isdisjoint(brands) and _AV1.isdisjoint(brands)


def is_sequence(data: bytes) -> bool:
    """Whether a file of this container is first of all a sequence of pictures."""
    return not _SEQUENCE.isdisjoint(_brands(data)[:1])


def is_cut_short(data: bytes) -> bool:
    """Whether a file of this container ends before its boxes do.

    Decoders would leave missing tiles grey.
    """
    return _brands(data) != [] and any(end > len(data) for end in _box_ends(data))


def open_heif(data: bytes) -> Image.Image:
    """Open a HEIF file, reading its header only.

    The size is the larger one of what the picture and its grid of tiles claim, so that neither hides from a limit.

    Raises:
        UnidentifiedImageError: It can't be read.
    """
    try:
        picture: Image.Image = HeifImageFile(io.BytesIO(data))  # type: ignore[no-untyped-call] # it is typed in part
    except SyntaxError as error:
        raise UnidentifiedImageError("no readable HEIF file") from error
    tiling = picture.info.get("tiling") or {}
    claimed = tiling.get("image_width", 0), tiling.get("image_height", 0)
    # Turned by a quarter, the grid's sides are the picture's the other way round.
    if tiling and sorted(claimed) != sorted(picture.size):
        raise UnidentifiedImageError(f"the picture is {picture.size}, its grid {claimed}")
    return picture


def _brands(data: bytes) -> list[bytes]:
    """The file type box's major and compatible brands; empty where there is none."""
    if data[4:8] != b"ftyp":
        return []
    end = min(struct.unpack(">I", data[:4])[0], len(data), 16 + 4 * _MOST_BRANDS)
    return [data[8:12], *(data[at : at + 4] for at in range(16, end - 3, 4))]


def _box_ends(data: bytes) -> Iterator[int]:
    """Where each of the file's outermost boxes ends (ISO/IEC 14496-12, 4.2)."""
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 0:  # to the end of the file
            return
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        # A box smaller than its own header leads nowhere; the decoder will say so.
        if size < 8:
            return
        at += size
        yield at

import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import Image

from services.codecs.opener import image_size_hw, opened
from services.common.errors import InvalidInput, TooLarge, UnsupportedMedia
from services.common.image import ImageLimits

READ = ["JPEG", "PNG", "WEBP", "AVIF", "HEIF", "TIFF"]


@pytest.fixture
def loaded(limits):
    """The size of a picture that was opened and decoded."""

    def load(data, most=limits):
        with opened(data, most) as picture:
            picture.load()
            return picture.size

    return load


@pytest.mark.parametrize("file_format", READ)
def test_more_pixels_than_the_limit_tells_both(file_format, loaded, written):
    with pytest.raises(TooLarge, match="40 x 30 = 1200") as caught:
        loaded(written(Image.new("RGB", (40, 30)), file_format), ImageLimits(1 << 20, 1199))
    assert (caught.value.details["got"], caught.value.details["limit"]) == (1200, 1199)


@pytest.mark.parametrize("file_format", READ)
@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_truncated_file_is_refused(file_format, share, loaded, noise, written):
    data = written(Image.fromarray(noise(64, 64)), file_format)
    with pytest.raises(UnsupportedMedia) as caught:
        loaded(data[: int(len(data) * share)])
    assert caught.value.details["field"] == "image.content"


def test_truncated_tiles_are_refused(grid, loaded):
    whole = grid(300, 256)
    assert loaded(whole) == (300, 256)
    with pytest.raises(UnsupportedMedia, match="cut short"):
        loaded(whole[: len(whole) // 2])


def test_empty_file_is_refused(loaded):
    with pytest.raises(InvalidInput, match="empty"):
        loaded(b"")


def test_too_many_bytes_are_refused(loaded):
    with pytest.raises(TooLarge) as caught:
        loaded(b"x" * 11, ImageLimits(10, 1000))
    assert caught.value.details == {"field": "image.content", "got": 11, "limit": 10}


def test_png_bomb_is_refused_from_its_header_alone(loaded):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    with pytest.raises(TooLarge, match="pixels; at most 1000000"):
        loaded(bomb)


def test_grid_larger_than_its_picture_is_refused(grid, loaded):
    with pytest.raises(UnsupportedMedia):
        loaded(grid(30_000, 30_000))


def test_heif_bomb_is_refused_from_its_header_alone(grid, loaded):
    data = grid(300, 256)
    size = struct.pack(">II", 300, 256)
    with pytest.raises((TooLarge, UnsupportedMedia)):
        loaded(data.replace(size, struct.pack(">II", 30_000, 30_000)))


def test_avif_bomb_is_refused_from_its_header_alone(loaded, written):
    data = written(Image.new("RGB", (300, 256)), "AVIF")
    with pytest.raises((TooLarge, UnsupportedMedia)):
        loaded(data.replace(struct.pack(">II", 300, 256), struct.pack(">II", 16_000, 16_000)))


def test_tiff_bomb_is_refused_from_its_header_alone(loaded):
    with pytest.raises(TooLarge, match="at most 1000000"):
        loaded(tiff({256: 60_000, 257: 60_000, 273: 8, 278: 60_000, 279: 4}))


def test_tiff_strips_larger_than_the_file_are_refused(loaded):
    with pytest.raises(UnsupportedMedia, match="cut short"):
        loaded(tiff({256: 64, 257: 64, 273: 8, 278: 64, 279: 0x7FFFFFFF}))


def test_tiff_tiles_far_larger_than_the_picture_are_refused(loaded):
    with pytest.raises(TooLarge, match="tiles"):
        loaded(tiff({256: 64, 257: 64, 322: 40_000, 323: 40_000, 324: 8, 325: 4}))


def tiff(tags):
    """A grey TIFF of these tags and four bytes of pixels."""
    tags = {258: 8, 259: 1, 262: 1, 277: 1, **tags}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(tags.items()))
    return b"II*\0" + struct.pack("<I", 12) + bytes(4) + struct.pack("<H", len(tags)) + entries + bytes(4)


def test_image_smaller_than_sixteen_pixels_is_refused(loaded, written):
    with pytest.raises(InvalidInput, match="16"):
        loaded(written(Image.new("RGB", (15, 40)), "PNG"))


@pytest.mark.parametrize("file_format", ["PNG", "WEBP", "AVIF", "TIFF", "HEIF"])
def test_animations_and_pages_are_refused(file_format, loaded, written):
    frames = [Image.new("RGB", (64, 64), color) for color in ("red", "blue")]
    with pytest.raises(UnsupportedMedia, match="animated"):
        loaded(written(frames[0], file_format, save_all=True, append_images=frames[1:]))


def test_heif_sequence_is_refused(loaded, written):
    data = written(Image.new("RGB", (64, 64)), "HEIF")
    with pytest.raises(UnsupportedMedia):
        loaded(data.replace(b"ftypheic", b"ftyphevc"))


@pytest.mark.parametrize("file_format", ["GIF", "BMP", "ICO"])
def test_other_formats_are_refused_with_those_that_are_read(file_format, loaded, written):
    with pytest.raises(UnsupportedMedia, match="JPEG, PNG, WebP, AVIF, HEIC or TIFF"):
        loaded(written(Image.new("RGB", (32, 32)), file_format))


def test_pillow_reads_no_other_formats_than_without_us():
    # In a process of its own, because other packages of this one may register the format.
    program = (
        "import services.codecs.photo; from PIL import Image; Image.init(); raise SystemExit('HEIF' in Image.OPEN)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize("file_format", READ)
def test_size_is_read_from_the_header(file_format, written):
    assert image_size_hw(written(Image.new("RGB", (40, 30)), file_format)) == (30, 40)


def test_bytes_that_are_no_image_have_no_size():
    assert image_size_hw(b"none") is None
    assert image_size_hw(np.arange(64, dtype=np.uint8).tobytes()) is None

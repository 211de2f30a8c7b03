"""The dialects' files."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from services.common.image import ImageFormat
from services.gateway.compat.files import alpha_file, picture_file, zip_file
from services.provenance.origin import Part, arranged_origin
from services.provenance.writer import PictureWriter

WRITER = PictureWriter(marked=True)
ORIGIN = arranged_origin(Part.own("The cutout", b"a file"), None, filled=True)


@pytest.fixture
def cutout():
    picture = np.zeros((40, 60, 4), np.uint8)
    picture[10:30, 10:50] = (20, 120, 220, 255)
    return picture


def opened(content):
    return Image.open(io.BytesIO(content))


def test_jpeg_is_on_white(cutout):
    assert opened(picture_file(WRITER, ORIGIN, cutout, ImageFormat.JPEG)).getpixel((0, 0)) == pytest.approx(
        (255, 255, 255), abs=2
    )


def test_opaque_picture_has_no_alpha(cutout):
    assert opened(picture_file(WRITER, ORIGIN, cutout, ImageFormat.PNG)).mode == "RGBA"
    cutout[..., 3] = 255
    assert opened(picture_file(WRITER, ORIGIN, cutout, ImageFormat.PNG)).mode == "RGB"


@pytest.mark.parametrize("image_format", [ImageFormat.PNG, ImageFormat.JPEG, ImageFormat.WEBP])
def test_alpha_is_white_where_the_product_is(cutout, image_format):
    alpha = opened(alpha_file(cutout, image_format)).convert("L")
    assert (alpha.getpixel((30, 20)), alpha.getpixel((0, 0))) == (pytest.approx(255, abs=2), pytest.approx(0, abs=2))


def test_zip_gives_the_cutout_again(cutout):
    with zipfile.ZipFile(io.BytesIO(zip_file(WRITER, ORIGIN, cutout))) as archive:
        assert archive.namelist() == ["color.jpg", "alpha.png"]
        color, alpha = (np.asarray(opened(archive.read(name))) for name in archive.namelist())
    assert np.array_equal(alpha, cutout[..., 3])
    assert np.abs(color[alpha > 0].astype(int) - (20, 120, 220)).max() <= 3


def test_colours_say_where_they_come_from_and_the_alpha_nothing(cutout):
    with zipfile.ZipFile(io.BytesIO(zip_file(WRITER, ORIGIN, cutout))) as archive:
        color, alpha = (opened(archive.read(name)) for name in archive.namelist())
    assert ORIGIN.source.uri.encode() in color.info["xmp"]
    assert "xmp" not in alpha.info


def test_zip_of_the_same_picture_is_the_same_file(cutout):
    assert zip_file(WRITER, ORIGIN, cutout) == zip_file(WRITER, ORIGIN, cutout.copy())

import io

import numpy as np
import pytest
from PIL import Image

from services.codecs.png import encode_png
from services.codecs.profile import srgb_profile


@pytest.mark.parametrize("channels", [3, 4])
def test_png_is_lossless_and_carries_its_profile(channels, noise):
    image = noise(channels=channels)
    with Image.open(io.BytesIO(encode_png(image, srgb_profile()))) as file:
        assert np.array_equal(np.asarray(file), image)
        assert file.info == {"icc_profile": srgb_profile()}


def test_every_checksum_of_the_file_is_right(noise):
    with Image.open(io.BytesIO(encode_png(noise(), srgb_profile()))) as file:
        file.verify()


def test_pictures_of_one_pixel_are_written():
    with Image.open(io.BytesIO(encode_png(np.array([[[1, 2, 3]]], np.uint8), srgb_profile()))) as file:
        assert file.getpixel((0, 0)) == (1, 2, 3)

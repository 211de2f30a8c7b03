import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from services.codecs.encode import encode_image
from services.common.errors import Internal, InvalidInput
from services.common.image import ImageFormat


@pytest.mark.parametrize("image_format", [ImageFormat.PNG, ImageFormat.WEBP])
@pytest.mark.parametrize("channels", [3, 4])
def test_lossless_keeps_every_byte_even_under_full_transparency(image_format, channels, noise):
    image = noise(channels=channels)
    if channels == 4:
        image[:8, :, 3] = 0
    with Image.open(io.BytesIO(encode_image(image, image_format, 100))) as file:
        assert np.array_equal(np.asarray(file), image)


@pytest.mark.parametrize("image_format", list(ImageFormat))
def test_file_carries_an_srgb_profile_and_no_exif(image_format, noise):
    with Image.open(io.BytesIO(encode_image(noise(), image_format, 90))) as file:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(file.info["icc_profile"]))
        assert "sRGB" in ImageCms.getProfileDescription(profile)
        assert not file.getexif()
        assert file.format == image_format.value


@pytest.mark.parametrize("image_format", list(ImageFormat))
def test_same_picture_is_the_same_file(image_format, noise):
    assert encode_image(noise(), image_format, 90) == encode_image(noise(), image_format, 90)


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("image_format", list(ImageFormat))
def test_packet_is_carried_beside_the_same_pixels(image_format, channels, noise):
    image = noise(channels=3 if image_format is ImageFormat.JPEG else channels)
    packet = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"
    with (
        Image.open(io.BytesIO(encode_image(image, image_format, 90, packet))) as told,
        Image.open(io.BytesIO(encode_image(image, image_format, 90))) as silent,
    ):
        assert told.info["xmp"] == packet
        assert "xmp" not in silent.info
        assert np.array_equal(np.asarray(told), np.asarray(silent))


def test_avif_keeps_transparency(noise):
    image = noise(64, 64, 4)
    image[..., 3] = 255
    image[:32, :, 3] = 0
    with Image.open(io.BytesIO(encode_image(image, ImageFormat.AVIF, 90))) as file:
        assert np.abs(np.asarray(file)[..., 3].astype(int) - image[..., 3]).mean() < 2


@pytest.mark.parametrize("image_format", [ImageFormat.JPEG, ImageFormat.WEBP, ImageFormat.AVIF])
def test_lossy_quality_decides_the_size(image_format, noise):
    assert len(encode_image(noise(), image_format, 30)) < len(encode_image(noise(), image_format, 90))


def test_jpeg_with_alpha_is_refused(noise):
    with pytest.raises(InvalidInput, match="JPEG"):
        encode_image(noise(channels=4), ImageFormat.JPEG, 90)


def test_floats_are_refused():
    with pytest.raises(Internal, match="uint8"):
        encode_image(np.zeros((20, 20, 3), np.float32), ImageFormat.PNG, 90)

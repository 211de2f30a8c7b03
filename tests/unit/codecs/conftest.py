import io
import struct

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from services.common.image import ImageLimits


@pytest.fixture
def limits():
    return ImageLimits(max_bytes=1 << 20, max_pixels=1_000_000)


@pytest.fixture
def noise():
    """Random bytes, (H, W, C) uint8."""

    def draw(height=32, width=48, channels=3):
        return np.random.default_rng(3).integers(0, 256, (height, width, channels), dtype=np.uint8)

    return draw


@pytest.fixture
def written():
    """The bytes of a picture as a file; "HEIF" too."""
    return write


def write(image, file_format, **options):
    buffer = io.BytesIO()
    if file_format == "HEIF":
        file = pillow_heif.from_pillow(image)
        for each in options.pop("append_images", ()):
            file.add_from_pillow(each)
        file.save(buffer, **options)
    else:
        image.save(buffer, file_format, **options)
    return buffer.getvalue()


@pytest.fixture
def grid():
    """A HEIF file of 4 x 5 tiles, 300 x 256 pixels, whose grid claims another size."""
    image = Image.fromarray(np.random.default_rng(0).integers(0, 255, (256, 300, 3), dtype=np.uint8))
    data = write(image, "HEIF", tile_size=64)

    def claim(width, height):
        head = data.index(struct.pack(">BBHH", 3, 4, 300, 256)) + 2
        return data[:head] + struct.pack(">HH", width, height) + data[head + 4 :]

    return claim

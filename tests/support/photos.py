"""Photos as callers send them."""

import io

import numpy as np
from PIL import Image


def encoded(image, image_format, **options):
    """An (H, W, 3) uint8 array as a file."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, image_format, **options)
    return buffer.getvalue()


def flat(height, width):
    """A grey picture with nothing in it, as a PNG file."""
    return encoded(np.full((height, width, 3), 200, np.uint8), "PNG")

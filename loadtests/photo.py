"""The photo that loads are made of."""

import numpy as np
from PIL import Image

from services.cli.sample import open_sample
from services.codecs.encode import encode_image
from services.common.image import ImageFormat, ImageLimits

QUALITY = 92


def photo_of(megapixels: float | None, limits: ImageLimits) -> bytes:
    """scikit-image's coffee as a JPEG file.

    Args:
        megapixels: It is resampled to; None: as it is, 600 x 400.
        limits: Of the service's photos.
    """
    image = open_sample(None, None, limits).image
    if megapixels is not None:
        height, width = image.shape[:2]
        scale = (megapixels * 1e6 / (height * width)) ** 0.5
        size = (round(width * scale), round(height * scale))
        image = np.asarray(Image.fromarray(image).resize(size, Image.Resampling.LANCZOS))
    return encode_image(image, ImageFormat.JPEG, QUALITY)

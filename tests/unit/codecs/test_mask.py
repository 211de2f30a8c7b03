import numpy as np
import pytest
from PIL import Image

from services.codecs.mask import RECOLOUR_MASK, decode_mask
from services.common.errors import InvalidInput, TooLarge, UnsupportedMedia
from services.common.image import ImageLimits


def picture(height=40, width=60, mode="L", value=0):
    return Image.new(mode, (width, height), value)


def test_mask_decides_by_its_brightness(written, limits):
    image = picture()
    image.paste(255, (10, 5, 30, 25))
    mask = decode_mask(written(image, "PNG"), (40, 60), limits)
    assert (mask.shape, mask.dtype) == ((40, 60), np.uint8)
    assert (mask[5:25, 10:30] == 255).all()
    assert mask.sum() == 400 * 255


def test_mask_with_alpha_decides_by_it(written, limits):
    image = picture(mode="RGBA", value=(255, 255, 255, 0))
    image.paste((0, 0, 0, 255), (10, 5, 30, 25))
    mask = decode_mask(written(image, "PNG"), (40, 60), limits)
    assert mask[10, 20] == 255
    assert mask[30, 50] == 0


def test_mask_lies_as_its_orientation_says(written, limits):
    exif = Image.Exif()
    exif[0x0112] = 6
    assert decode_mask(written(picture(40, 60), "PNG", exif=exif), (60, 40), limits).shape == (60, 40)
    with pytest.raises(InvalidInput):
        decode_mask(written(picture(40, 60), "PNG", exif=exif), (40, 60), limits)


def test_mask_of_another_size_is_refused_by_name(written, limits):
    with pytest.raises(InvalidInput, match="61 x 40 pixels; wanted is the photo's shown size, 60 x 40") as caught:
        decode_mask(written(picture(40, 61), "PNG"), (40, 60), limits)
    assert caught.value.details["field"] == "selection.keep_mask"


def test_mask_is_called_by_its_own_name(written, limits):
    with pytest.raises(InvalidInput, match="the mask of what to recolour is 61 x 40") as caught:
        decode_mask(written(picture(40, 61), "PNG"), (40, 60), limits, RECOLOUR_MASK)
    assert caught.value.details["field"] == RECOLOUR_MASK


@pytest.mark.parametrize(
    ("data", "leaf"), [(b"", InvalidInput), (b"no picture", UnsupportedMedia), (b"x" * 200, TooLarge)], ids=repr
)
def test_file_that_is_no_mask_is_refused_by_name(data, leaf):
    with pytest.raises(leaf, match="keep-mask") as caught:
        decode_mask(data, (40, 60), ImageLimits(max_bytes=100, max_pixels=10_000))
    assert caught.value.details["field"] == "selection.keep_mask"

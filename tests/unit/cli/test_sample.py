import numpy as np
import pytest

from services.cli.sample import COFFEE_PITCH_DEG, open_sample
from services.codecs.encode import encode_image
from services.common.errors import InvalidInput, UnsupportedMedia
from services.common.image import ImageFormat, ImageLimits

LIMITS = ImageLimits(max_bytes=10**7, max_pixels=10**7)


def test_default_is_the_coffee_with_its_pitch():
    sample = open_sample(None, None, LIMITS)
    assert sample.image.shape == (400, 600, 3)
    assert sample.pitch_deg == COFFEE_PITCH_DEG


def test_own_photo_is_sent_as_it_is_and_its_pitch_is_unknown(tmp_path):
    content = encode_image(np.full((30, 40, 3), 90, np.uint8), ImageFormat.JPEG, 90)
    (tmp_path / "cup.jpg").write_bytes(content)
    sample = open_sample(tmp_path / "cup.jpg", None, LIMITS)
    assert (sample.content, sample.pitch_deg, sample.name) == (content, None, "cup.jpg")


def test_photo_that_is_not_there_is_told(tmp_path):
    with pytest.raises(InvalidInput, match="No such file"):
        open_sample(tmp_path / "missing.jpg", None, LIMITS)


def test_file_that_is_no_photo_is_told(tmp_path):
    (tmp_path / "notes.txt").write_text("no photo")
    with pytest.raises(UnsupportedMedia):
        open_sample(tmp_path / "notes.txt", None, LIMITS)

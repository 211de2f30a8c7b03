"""Pictures lit through gels: as bright as they were, magenta from the left, cyan from the right."""

import numpy as np
import pytest

from services.common.image import ImageLimits
from services.common.srgb import LUMINANCE, to_linear
from services.factory.pictures import read_pictures
from services.generate.diffusion.sizes import Buckets
from training.gels import light_through_gels, write_examples


@pytest.fixture
def grey():
    return np.full((40, 60, 3), 120, np.uint8)


def test_light_is_as_bright_as_it_was(grey):
    before, after = (float((to_linear(image) @ LUMINANCE).mean()) for image in (grey, light_through_gels(grey)))
    assert after == pytest.approx(before, rel=0.02)


def test_left_is_magenta_and_right_is_cyan(grey):
    lit = light_through_gels(grey).astype(int)
    red, green, blue = lit[0, 0]
    assert min(red, blue) > green + 40
    red, green, blue = lit[0, -1]
    assert min(green, blue) > red + 40


def test_black_stays_black():
    assert not light_through_gels(np.zeros((8, 8, 3), np.uint8)).any()


def test_examples_are_pictures_with_captions_as_the_factory_reads_them(tmp_path, shards):
    write_examples(tmp_path, shards[0], 2)
    pictures = read_pictures(tmp_path, Buckets(64, 8), "", ImageLimits(1 << 20, 1 << 20))
    assert len(pictures) == 2
    assert all("oak" in picture.caption or "wood" in picture.caption for picture in pictures)

"""Enlarging with the small network of Real-ESRGAN, which `make weights` fetches."""

import cv2
import numpy as np
import pytest

from services.common.deadline import Deadline
from services.common.errors import Cancelled, ModelUnavailable, NotFound
from services.common.settings import GenerateSettings, ModelSettings
from services.common.srgb import to_bytes, to_linear
from services.generate.upscale.upscaler import Upscaler
from services.models.cache import ModelCache
from tests.support.diffusion import soft_picture


def open_upscaler(network, cache):
    return Upscaler.open(GenerateSettings(upscale={"network": network}, threads=1), cache)


@pytest.fixture(scope="module")
def cache():
    return ModelCache(ModelSettings())


@pytest.fixture(scope="module")
def upscaler(cache):
    return open_upscaler("realesr-animevideov3", cache)


@pytest.fixture(scope="module")
def discs():
    """A picture with hard edges, and the same at a quarter of its size by the mean light."""
    large = np.full((160, 200, 3), (225, 220, 210), np.uint8)
    for number, (y, x) in enumerate(np.ndindex(4, 5)):
        cv2.circle(large, (x * 40 + 20, y * 40 + 20), 15, (200 - number * 9, 60 + number * 9, 90), -1)
    return large, shrunk(large, (40, 50))


def shrunk(image, size_hw):
    return to_bytes(cv2.resize(to_linear(image), size_hw[::-1], interpolation=cv2.INTER_AREA))


def test_edges_are_nearer_to_the_truth_than_resampled_ones(upscaler, discs):
    large, small = discs
    enlarged = upscaler.enlarge(small, large.shape[:2], Deadline())
    resampled = cv2.resize(small, large.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    off = [np.square(each.astype(float) - large).mean() for each in (enlarged, resampled)]
    assert enlarged.shape == large.shape
    assert off[0] < 0.8 * off[1]


def test_what_was_enlarged_shows_the_same_from_afar(upscaler):
    small = soft_picture(size_hw=(60, 80))
    enlarged = upscaler.enlarge(small, (180, 240), Deadline())
    assert np.abs(shrunk(enlarged, (60, 80)).astype(float) - small).mean() < 1


class Striped:
    """Makes every second column of four light."""

    name = "striped"

    def __call__(self, planes):
        made = np.zeros((1, 3, planes.shape[2] * 4, planes.shape[3] * 4), np.float32)
        made[..., ::2] = 1
        return made


def test_light_is_averaged_where_the_network_made_too_much():
    """Half of the light of white is byte 188, and 128 is what averaging bytes would give."""
    picture = np.full((20, 20, 3), 188, np.uint8)
    enlarged = Upscaler("striped 1", Striped(), 4, 0).enlarge(picture, (40, 40), Deadline())
    assert np.unique(enlarged).tolist() == [188]


def test_tone_that_the_network_shifts_is_brought_back(upscaler):
    grey = np.full((20, 30, 3), (225, 220, 210), np.uint8)
    enlarged = upscaler.enlarge(grey, (80, 120), Deadline())
    assert np.abs(enlarged.astype(int) - (225, 220, 210)).max() <= 1


@pytest.mark.parametrize("size_hw", [(60, 80), (30, 40), (70, 90)])
def test_picture_that_is_large_enough_is_left_as_it_is(upscaler, size_hw):
    picture = soft_picture(size_hw=(60, 80))
    assert upscaler.enlarge(picture, size_hw, Deadline()) is picture


def test_picture_of_many_pixels_is_left_as_it_is(upscaler):
    picture = np.zeros((1449, 1449, 3), np.uint8)
    assert upscaler.enlarge(picture, (4000, 4000), Deadline()) is picture


def test_what_is_wanted_beyond_the_networks_scale_is_left_to_resampling(upscaler):
    assert upscaler.enlarge(soft_picture(size_hw=(20, 30)), (100, 150), Deadline()).shape == (80, 120, 3)


def test_same_picture_gives_the_same_bytes(upscaler):
    made = [upscaler.enlarge(soft_picture(size_hw=(50, 50)), (150, 150), Deadline()) for _ in range(2)]
    assert np.array_equal(*made)


def test_caller_who_has_left_is_not_worked_for(upscaler):
    deadline = Deadline()
    deadline.cancel()
    with pytest.raises(Cancelled):
        upscaler.enlarge(soft_picture(), (400, 400), deadline)


def test_network_that_the_catalogue_lacks_is_not_found(cache):
    with pytest.raises(NotFound, match="other"):
        open_upscaler("other", cache)


def test_entry_that_is_no_such_network_is_named_with_its_setting(cache):
    with pytest.raises(ModelUnavailable, match=r"generate\.upscale\.network is 'isnet'"):
        open_upscaler("isnet", cache)

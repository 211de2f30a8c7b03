import cv2
import numpy as np
import pytest

from services.evaluation.upscaling import psnr_db, resampled, sharpness, smaller, strip

TRUTH = np.random.default_rng(2).integers(0, 256, (200, 240, 3), np.uint8)


def test_picture_is_as_sharp_as_itself_and_a_blurred_one_less():
    assert sharpness(TRUTH, TRUTH) == 1
    assert sharpness(cv2.blur(TRUTH, (5, 5)), TRUTH) < 0.5


def test_noise_ratio_falls_with_what_is_off():
    nearly, hardly = TRUTH.astype(int) // 2 + 60, TRUTH.astype(int) // 2 + 61
    assert psnr_db(TRUTH, TRUTH) == float("inf")
    assert psnr_db(hardly.astype(np.uint8), nearly.astype(np.uint8)) == pytest.approx(48.13, abs=0.01)


def test_smaller_picture_holds_the_mean_light():
    columns = np.zeros((16, 16, 3), np.uint8)
    columns[:, ::2] = 255
    assert np.unique(smaller(columns)).tolist() == [188]


def test_resampled_picture_has_the_size_wanted():
    assert resampled(smaller(TRUTH), TRUTH.shape[:2]).shape == TRUTH.shape


def test_strip_shows_the_same_place_of_every_picture_where_the_first_has_most_detail():
    flat = np.full((400, 400, 3), 100, np.uint8)
    detailed = flat.copy()
    detailed[300:400, 300:400] = TRUTH[:100, :100]
    shown = strip([detailed, flat])
    assert shown.shape == (320, 640, 3)
    assert np.ptp(shown[:, 320:]) == 0
    assert np.ptp(shown[-160:, 160:320]) > 200

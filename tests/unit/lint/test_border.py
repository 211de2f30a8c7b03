import cv2
import numpy as np
import pytest

from services.lint.border import check_border
from tests.support.exhibits import packshot, rule
from tests.support.photos import encoded

RULE = rule("border")


def framed(width_px, color=(200, 20, 20), size_hw=(240, 200)):
    shot = packshot(size_hw=size_hw)
    inside = shot.image[width_px:-width_px, width_px:-width_px].copy()
    shot.image[:] = color
    shot.image[width_px:-width_px, width_px:-width_px] = inside
    return shot


@pytest.mark.parametrize("width_px", [1, 2, 5, 14])
def test_frame_is_found_with_its_width(width_px):
    found = check_border(RULE, framed(width_px))
    assert (found.passed, found.value) == (False, width_px)


def test_frame_is_found_after_jpeg():
    shot = framed(8)
    data = encoded(shot.image, "JPEG", quality=90)
    shot.image[:] = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert not check_border(RULE, shot).passed


@pytest.mark.parametrize("ground", [255, 128, 0])
def test_even_ground_is_no_frame(ground):
    assert check_border(RULE, packshot(ground=ground)).passed


def test_gradient_is_no_frame():
    shot = packshot()
    y, x = np.mgrid[:200, :200]
    fall = np.minimum.reduce([y, x, 199 - y, 199 - x])
    shot.image[:] = np.clip(120 + 4 * fall, 0, 255)[..., None]
    assert check_border(RULE, shot).passed


def test_noise_is_no_frame():
    shot = packshot()
    shot.image[:] = np.random.default_rng(1).integers(0, 256, shot.image.shape)
    assert check_border(RULE, shot).passed


def test_bars_on_two_sides_are_no_frame():
    shot = packshot()
    shot.image[:, :6] = shot.image[:, -6:] = 0
    assert check_border(RULE, shot).passed

import cv2
import numpy as np
import pytest

from services.segment.matte import box_of, refine_alpha
from services.segment.region import find_region

SIZE = (300, 400)


@pytest.fixture
def scene(disc):
    """A red disc on a noisy light ground, its true alpha, and the mask a network of 128 x 128 might give."""
    alpha = disc(SIZE, 90)
    noise = np.random.default_rng(1).normal(0, 4, (*SIZE, 3))
    colour = alpha[..., None] * np.array([190, 40, 30]) + (1 - alpha[..., None]) * np.array([205, 200, 190])
    image = np.clip(colour + noise, 0, 255).astype(np.uint8)
    coarse = cv2.resize(np.roll(alpha, (2, -2), (0, 1)), (128, 128), interpolation=cv2.INTER_AREA)
    return image, alpha, cv2.GaussianBlur(coarse, (0, 0), 1.2)


def refine(image, mask):
    return refine_alpha(image, mask, find_region(mask))


def test_alpha_follows_the_photos_edge_closer_than_the_mask(scene):
    image, truth, mask = scene
    alpha, _ = refine(image, mask)
    stretched = cv2.resize(mask, SIZE[::-1], interpolation=cv2.INTER_CUBIC)
    assert np.abs(alpha - truth).mean() < np.abs(stretched - truth).mean() / 3


def test_alpha_is_full_or_nothing_away_from_the_edge(scene, disc):
    image, _, mask = scene
    alpha, _ = refine(image, mask)
    assert np.all(alpha[disc(SIZE, 65) == 1] == 1)
    assert np.all(alpha[disc(SIZE, 115) == 0] == 0)


def test_hesitation_inside_does_not_make_the_product_translucent(scene, disc):
    image, _, mask = scene
    mask = mask * (1 - 0.4 * disc((128, 128), 15))
    alpha, _ = refine(image, mask)
    assert np.all(alpha[disc(SIZE, 65) == 1] == 1)


def test_edge_of_a_large_photo_shows_no_blocks(scene):
    image, truth, mask = scene
    large = cv2.resize(image, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    alpha, _ = refine(large, mask)
    wanted = cv2.resize(truth, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    # One place of the mask is 9 pixels wide here.
    assert np.abs(alpha - wanted).sum() / (2 * np.pi * 270) < 1.5


def test_alpha_is_zero_outside_its_box(scene):
    alpha, box = refine(*scene[::2])
    alpha[box.slices()] = 0
    assert not alpha.any()


def test_product_that_fills_the_photo_stays_whole(scene):
    image = scene[0]
    alpha, box = refine(image, np.ones((128, 128), np.float32))
    assert np.all(alpha == 1)
    assert (box.height, box.width) == SIZE


def test_box_holds_all_true_pixels_and_no_more():
    pixels = np.zeros((20, 30), bool)
    pixels[3, 5] = pixels[10, 20] = True
    box = box_of(pixels)
    assert (box.top, box.left, box.bottom, box.right) == (3, 5, 11, 21)


def test_stripes_side_by_side_show_no_seam(disc, blurred):
    coverage = disc((300, 400), 110)
    image = (coverage[..., None] * (220, 40, 30) + (1 - coverage[..., None]) * 175).astype(np.uint8)
    mask = blurred(coverage)
    alone, _ = refine_alpha(image, mask, mask >= 0.5)
    together, _ = refine_alpha(image, mask, mask >= 0.5, threads=3)
    assert np.abs(alone - together).max() < 0.02

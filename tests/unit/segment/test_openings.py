"""Small holes of a mask, with photos that do and do not show the background through them."""

import cv2
import numpy as np
import pytest

from services.segment.region import find_region

PRODUCT, BEHIND, PRINT = (180, 30, 30), (225, 225, 220), (30, 60, 190)
HOLES = [(row, column) for row in range(70, 190, 24) for column in range(70, 190, 24)]


def cloth(opening, hole=3):
    """The truth and a photo of a square of cloth with a grid of discs that show `opening`."""
    truth = np.zeros((256, 256), np.float32)
    truth[50:206, 50:206] = 1
    photo = np.full((256, 256, 3), BEHIND, np.uint8)
    photo[50:206, 50:206] = PRODUCT
    for row, column in HOLES:
        cv2.circle(truth, (column, row), hole, 0, -1)
        cv2.circle(photo, (column, row), hole, opening, -1)
    return truth, photo


def seen(truth):
    """As a network sees it: blurred, and not quite sure of the holes."""
    mask = cv2.GaussianBlur(truth, (0, 0), 2.0)
    mask[50:206, 50:206] += 0.03
    return np.clip(mask, 0, 1).astype(np.float32)


def is_open(region):
    return [not region[row, column] for row, column in HOLES]


@pytest.mark.parametrize("size", [(256, 256), (512, 512)])
def test_holes_that_show_the_background_stay_open(size):
    truth, photo = cloth(BEHIND)
    mask = seen(truth)
    assert not any(is_open(find_region(mask)))
    assert all(is_open(find_region(mask, cv2.resize(photo, size, interpolation=cv2.INTER_NEAREST))))


@pytest.mark.parametrize("colour", [PRODUCT, PRINT], ids=["the product's", "a print's"])
def test_holes_of_another_colour_are_faults_of_the_mask(colour):
    truth, photo = cloth(colour)
    assert not any(is_open(find_region(seen(truth), photo)))


def test_shallow_doubt_about_a_print_in_the_backgrounds_colour_is_no_opening():
    truth, photo = cloth(BEHIND, hole=9)
    doubt = truth.copy()
    doubt[50:206, 50:206] = np.where(truth[50:206, 50:206] > 0, 1, 0.4)
    assert not any(is_open(find_region(doubt, photo)))


def test_opening_that_a_strand_crosses_stays_open():
    truth, photo = cloth(BEHIND, hole=6)
    for row, column in HOLES:
        truth[row - 6 : row + 7, column - 1 : column + 1] = 0.6
        photo[row - 6 : row + 7, column - 1 : column + 1] = PRODUCT
    mask = cv2.GaussianBlur(truth, (0, 0), 1.5)
    assert not any(is_open(find_region(mask)))
    region = find_region(mask, photo)
    assert not any(region[row, column + 4] for row, column in HOLES)

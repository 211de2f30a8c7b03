import cv2
import numpy as np
import pytest

from services.segment.split import belonging, cut_off

RED, BLACK, GREY = (200, 40, 30), (20, 20, 20), (170, 170, 170)


def drawn(shapes):
    """A picture of (h, w) = (120, 160) on grey and the region of all shapes; a shape is a colour and a rectangle."""
    image, region = np.full((120, 160, 3), GREY, np.uint8), np.zeros((120, 160), bool)
    for colour, (top, bottom, left, right) in shapes:
        image[top:bottom, left:right] = colour
        region[top:bottom, left:right] = True
    noise = np.random.default_rng(0).normal(0, 3, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8), region


def overlap(found, wanted):
    return (found & wanted).sum() / (found | wanted).sum()


def box(top, bottom, left, right):
    inside = np.zeros((120, 160), bool)
    inside[top:bottom, left:right] = True
    return inside


def test_hanger_of_another_colour_is_cut_off_along_its_edge():
    image, region = drawn([(RED, (40, 110, 30, 130)), (BLACK, (5, 44, 78, 84))])
    assert overlap(cut_off(image, region, [(15, 80)], []), box(5, 44, 78, 84)) > 0.95


def test_pattern_of_the_excluded_colour_stays_on_the_product():
    image, region = drawn([(RED, (40, 110, 30, 130)), (BLACK, (5, 44, 78, 84)), (BLACK, (90, 96, 50, 110))])
    assert not cut_off(image, region, [(15, 80)], [])[85:].any()


@pytest.fixture
def pair():
    """Two red discs that touch, with a shadow line between."""
    image, region = drawn([])
    for column in (50, 108):
        cv2.circle(image, (column, 60), 30, RED, -1)
    cv2.line(image, (79, 40), (79, 80), (120, 25, 18), 2)
    region = np.abs(image.astype(int) - GREY).max(axis=-1) > 30
    return image, np.asarray(region)


@pytest.mark.parametrize("keep", [[(60, 50)], [(72, 42)], []], ids=["middle", "off the middle", "none"])
def test_second_of_two_alike_is_cut_off_at_the_neck(pair, keep):
    image, region = pair
    second = region & (np.arange(160) >= 79)
    assert overlap(cut_off(image, region, [(60, 108)], keep), second) > 0.9


def test_excluded_component_beside_another_goes_whole_and_alone():
    image, region = drawn([(RED, (20, 100, 10, 60)), (RED, (20, 100, 90, 140))])
    assert np.array_equal(cut_off(image, region, [(50, 110)], []), box(20, 100, 90, 140))


def test_thing_under_a_point_is_found_by_its_colour():
    image, _ = drawn([(RED, (40, 90, 50, 120))])
    assert overlap(belonging(image, (60, 80)), box(40, 90, 50, 120)) > 0.95


def test_sliver_of_wall_beside_the_hanger_goes_with_it():
    image, region = drawn([(RED, (40, 110, 30, 130)), (BLACK, (5, 44, 78, 84))])
    region |= box(5, 40, 84, 86)
    off = cut_off(image, region, [(15, 80)], [])
    assert off[5:36, 84:86].all()

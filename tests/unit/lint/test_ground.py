import numpy as np
import pytest

from services.common.geometry import Box
from services.lint.ground import check_ground, ground_color
from tests.support.exhibits import packshot, rule

WHITE = rule("ground", color="#ffffff", least_share=0.99)


def test_white_ground_passes():
    found = check_ground(WHITE, packshot())
    assert (found.passed, found.value) == (True, 1.0)


@pytest.mark.parametrize(("ground", "passes"), [(254, False), (255, True)])
def test_pure_white_means_255(ground, passes):
    assert check_ground(WHITE, packshot(ground=ground)).passed is passes


def test_tolerance_lets_nearly_white_pass():
    lenient = rule("ground", color="#ffffff", tolerance=5, least_share=0.99)
    assert check_ground(lenient, packshot(ground=250)).passed
    assert not check_ground(lenient, packshot(ground=249)).passed


def test_share_and_the_farthest_place_are_told():
    shot = packshot(size_hw=(100, 100), box=Box(40, 40, 20, 20))
    shot.image[:50, :10] = 200
    shot.image[3, 7] = (0, 10, 200)
    found = check_ground(WHITE, shot)
    assert not found.passed
    assert found.value == pytest.approx(1 - 500 / (100 * 100 - 52 * 52))
    assert found.places == (Box(3, 7, 1, 1),)
    assert "#000ac8 at 7, 3" in found.found


def test_what_a_soft_edge_does_near_the_product_is_not_judged():
    shot = packshot()
    near = shot.box.grown(16, shot.size_hw)
    shot.image[near.slices()] = 128
    assert check_ground(WHITE, shot).passed


@pytest.mark.parametrize("passes", [True, False])
def test_transparent_ground_passes_where_the_rule_says_so(passes):
    asked = rule("ground", color="#ffffff", least_share=0.99, transparent=passes)
    assert check_ground(asked, packshot(transparent=True)).passed is passes


def test_product_that_covers_all_leaves_nothing_to_judge():
    found = check_ground(WHITE, packshot(size_hw=(60, 60), box=Box(0, 0, 60, 60)))
    assert (found.passed, found.value) == (True, None)


def test_share_is_never_rounded_to_all():
    shot = packshot(size_hw=(400, 400))
    shot.image[0, 0] = 0
    assert "99.9 %" in check_ground(WHITE, shot).found


def test_grounds_colour_is_the_median():
    shot = packshot(ground=246)
    shot.image[:5] = 0
    assert ground_color(shot) == (246, 246, 246)
    assert ground_color(packshot(size_hw=(60, 60), box=Box(0, 0, 60, 60))) == (255, 255, 255)


def test_photo_is_not_written_to():
    shot = packshot(ground=250)
    before = shot.image.copy()
    check_ground(WHITE, shot)
    assert np.array_equal(shot.image, before)

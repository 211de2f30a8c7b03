"""Frames around products of any size: within what is asked for where that can be had, and never larger than life."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.geometry import Box
from services.lint.frame import reframed, resized
from tests.support.exhibits import rule_set

PHOTO_HW = (900, 1200)


@st.composite
def products(draw):
    """A product somewhere in a photo, away from its edges."""
    top, left = draw(st.integers(10, 600)), draw(st.integers(10, 900))
    return Box(top, left, draw(st.integers(20, 880 - top)), draw(st.integers(20, 1180 - left)))


def fill_of(placed):
    box, (height, width) = placed.product_box, placed.canvas_hw
    return max(box.height / height, box.width / width)


@given(products(), st.sampled_from([0.6944, 1.0, 1.5]))
def test_product_takes_what_is_aimed_at_and_stands_in_the_middle(box, aspect):
    placed = reframed(PHOTO_HW, box, rule_set(aspect=aspect), 4096)
    height, width = placed.canvas_hw
    assert placed.scale == 1
    assert fill_of(placed) == pytest.approx(0.9, abs=3 / min(height, width))
    assert width / height == pytest.approx(aspect, abs=2.5 / min(height, width))
    free = placed.product_box
    assert abs(free.top - (height - free.bottom)) <= 2
    assert abs(free.left - (width - free.right)) <= 2


@given(products(), st.integers(300, 2000))
def test_nothing_is_enlarged_to_reach_a_size(box, least):
    asked = rule_set({"kind": "size", "longer_least": least})
    placed = reframed(PHOTO_HW, box, asked, 4096)
    reach = max(box.height, box.width)
    assert placed.scale == 1
    assert (max(placed.canvas_hw) >= least) == (math.ceil(reach / 0.8) >= least)


@given(products(), st.integers(64, 700))
def test_longest_side_is_never_longer_than_allowed(box, most):
    placed = reframed(PHOTO_HW, box, rule_set({"kind": "size", "longer_most": most}), 4096)
    assert max(placed.canvas_hw) <= most
    assert placed.scale <= 1
    assert fill_of(placed) <= 0.9 + 3 / min(placed.canvas_hw)


def test_service_and_megapixels_bound_the_sides_too():
    box = Box(50, 50, 800, 800)
    assert max(reframed(PHOTO_HW, box, rule_set(), 500).canvas_hw) == 500
    placed = reframed(PHOTO_HW, box, rule_set({"kind": "size", "most_megapixels": 0.25}), 4096)
    assert placed.canvas_hw == (500, 500)


def test_recommended_size_loosens_the_frame_no_further_than_the_aim_allows():
    wished = rule_set({"kind": "size", "longer_least": 2000, "level": "RECOMMENDED"})
    placed = reframed(PHOTO_HW, Box(100, 100, 400, 400), wished, 4096)
    assert placed.canvas_hw == (500, 500)


@pytest.mark.parametrize(
    ("box", "flush"),
    [
        (Box(0, 300, 400, 300), lambda box, hw: box.top == 0),
        (Box(500, 300, 400, 300), lambda box, hw: box.bottom == hw[0]),
        (Box(300, 0, 300, 400), lambda box, hw: box.left == 0),
        (Box(300, 800, 300, 400), lambda box, hw: box.right == hw[1]),
    ],
    ids=["top", "bottom", "left", "right"],
)
def test_product_that_the_photo_cuts_off_lies_flush(box, flush):
    placed = reframed(PHOTO_HW, box, rule_set(), 4096)
    assert flush(placed.product_box, placed.canvas_hw)


@given(products())
def test_crop_lies_in_the_photo_and_holds_the_product(box):
    placed = reframed(PHOTO_HW, box, rule_set(), 4096)
    assert placed.crop.clipped(PHOTO_HW) == placed.crop
    assert placed.crop.union(box) == placed.crop
    assert placed.origin_yx == (placed.product_box.top - box.top, placed.product_box.left - box.left)


@given(products(), st.integers(300, 3000))
def test_product_is_enlarged_for_a_required_size_as_little_as_it_takes(box, least):
    placed = reframed(PHOTO_HW, box, rule_set({"kind": "size", "longer_least": least}, enlarged=2), 4096)
    loosest = math.ceil(max(box.height, box.width) / 0.8)
    assert (placed.scale > 1) == (loosest < least <= max(box.height, box.width) / 0.8 * 2)
    assert placed.scale <= 2
    if placed.scale > 1:
        assert max(placed.canvas_hw) == least
        assert fill_of(placed) == pytest.approx(0.8, abs=3 / least)


@pytest.mark.parametrize(("least", "size_hw"), [(1500, (1125, 1500)), (2401, (900, 1200))])
def test_whole_photo_is_enlarged_for_a_required_size_within_bounds(least, size_hw):
    asked = rule_set({"kind": "size", "longer_least": least}, enlarged=2)
    assert resized(PHOTO_HW, Box(100, 200, 300, 400), asked, 4096).canvas_hw == size_hw


def test_nothing_is_enlarged_for_a_size_that_is_merely_recommended():
    wished = rule_set({"kind": "size", "longer_least": 1500, "level": "RECOMMENDED"}, enlarged=2)
    assert resized(PHOTO_HW, Box(100, 200, 300, 400), wished, 4096).scale == 1
    assert reframed(PHOTO_HW, Box(100, 200, 300, 400), wished, 4096).scale == 1


def test_photo_that_is_too_large_is_resized_whole():
    placed = resized(PHOTO_HW, Box(100, 200, 300, 400), rule_set({"kind": "size", "longer_most": 600}), 4096)
    assert (placed.canvas_hw, placed.scale) == ((450, 600), 0.5)
    assert (placed.crop, placed.product_box) == (Box(0, 0, 900, 1200), Box(50, 100, 150, 200))


def test_photo_that_is_small_enough_keeps_its_size():
    placed = resized(PHOTO_HW, Box(100, 200, 300, 400), rule_set(), 4096)
    assert (placed.canvas_hw, placed.scale) == (PHOTO_HW, 1.0)

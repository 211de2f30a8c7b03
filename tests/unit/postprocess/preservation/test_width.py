import cv2
import numpy as np
import pytest

from services.postprocess.preservation.width import find_straps, seen_coverage, width_error
from tests.support.drawn_products import Bag, backgrounds, over

SIZE = 256
BACKGROUNDS = backgrounds(SIZE)


@pytest.mark.parametrize("width_px", [1.5, 2, 3, 4, 6, 8, 12])
def test_width_of_a_drawn_strap_is_measured_to_a_hundredth_of_a_pixel(width_px: float) -> None:
    straps = find_straps(Bag(SIZE, strap_px=width_px).coverage())
    assert len(straps) > 100
    assert abs(np.median(straps.width_px) - width_px) < 0.01
    assert np.percentile(np.abs(straps.width_px - width_px), 95) < 0.05


def test_broad_body_is_no_strap() -> None:
    straps = find_straps(Bag(SIZE).coverage())
    assert straps.points[:, 0].max() < 0.42 * SIZE


@pytest.mark.parametrize("grown_px", [0.2, 0.5, 1, 2])
def test_error_is_what_both_sides_of_a_strap_grew(grown_px: float) -> None:
    error = width_error(find_straps(Bag(SIZE).coverage()), Bag(SIZE, grown_px=grown_px).coverage())
    assert error.bias_px == pytest.approx(2 * grown_px, abs=0.03)


@pytest.mark.parametrize("name", ["white", "gray", "gradient", "noise", "brick"])
def test_width_in_a_picture_does_not_depend_on_the_background(name: str) -> None:
    bag = Bag(SIZE)
    picture = over(BACKGROUNDS[name], bag.coverage(), bag.colors())
    seen = seen_coverage(picture, bag.coverage(), bag.colors(), BACKGROUNDS[name])
    error = width_error(find_straps(bag.coverage()), seen)
    assert error.p95_px < 0.03
    assert len(error.errors_px) > 100


@pytest.mark.parametrize("name", ["white", "gray", "gradient"])
def test_strap_thickened_by_a_tenth_shows_without_knowing_the_background(name: str) -> None:
    bag, thick = Bag(SIZE), Bag(SIZE, strap_px=4.4)
    picture = over(BACKGROUNDS[name], thick.coverage(), thick.colors())
    error = width_error(find_straps(bag.coverage()), seen_coverage(picture, bag.coverage(), bag.colors()))
    assert error.bias_px == pytest.approx(0.4, abs=0.06)


def test_background_of_the_products_own_colour_leaves_nothing_to_measure() -> None:
    bag = Bag(SIZE)
    seen = seen_coverage(BACKGROUNDS["own colour"], bag.coverage(), bag.colors(), BACKGROUNDS["own colour"])
    error = width_error(find_straps(bag.coverage()), seen)
    assert len(error.errors_px) == 0
    assert error.worst_yx is None


def test_worst_place_is_where_the_strap_was_thickened() -> None:
    bag = Bag(SIZE)
    fat = bag.coverage()
    cv2.circle(fat, (128, 54), 6, 1.0, -1)
    error = width_error(find_straps(bag.coverage()), fat)
    assert error.worst_yx is not None
    assert np.hypot(error.worst_yx[0] - 54, error.worst_yx[1] - 128) < 8
    assert error.median_px < 0.01


def test_product_without_thin_parts_has_no_width_error() -> None:
    coverage = np.zeros((96, 96), np.float32)
    coverage[20:76, 20:76] = 1
    error = width_error(find_straps(coverage), coverage)
    assert (error.median_px, error.p95_px, error.worst_yx) == (0, 0, None)

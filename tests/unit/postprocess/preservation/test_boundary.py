import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.postprocess.preservation.boundary import boundary_iou, edge_shift, expansion
from tests.support.drawn_products import Bag

SIZE = 192
COVERAGE = Bag(SIZE).coverage()


def square(side: int) -> np.ndarray:
    coverage = np.zeros((100, 100), np.float32)
    coverage[50 - side // 2 : 50 + side // 2, 50 - side // 2 : 50 + side // 2] = 1
    return coverage


def test_same_outline_has_the_whole_boundary_in_common() -> None:
    assert boundary_iou(COVERAGE, COVERAGE, 0.02) == 1
    assert edge_shift(COVERAGE, COVERAGE).p95_px == 0
    assert expansion(COVERAGE, COVERAGE).edge_px == 0


def test_boundary_iou_is_that_of_the_bands() -> None:
    # Bands 1 px wide along squares of 40 and 42 px share nothing; 3 px wide, two thirds of each.
    assert boundary_iou(square(40), square(42), 0.007) == 0
    first, second = 40**2 - 34**2, 42**2 - 36**2
    common = 40**2 - 36**2
    assert boundary_iou(square(40), square(42), 0.0212) == pytest.approx(common / (first + second - common))


def test_finer_band_is_the_stricter_one() -> None:
    grown = Bag(SIZE, grown_px=0.7).coverage()
    assert boundary_iou(COVERAGE, grown, 0.005) < boundary_iou(COVERAGE, grown, 0.02) < 1


@settings(max_examples=8, deadline=None)
@given(st.floats(-1, 1), st.floats(-1, 1))
def test_shift_is_found_to_a_fraction_of_a_pixel(down: float, right: float) -> None:
    found = edge_shift(COVERAGE, Bag(SIZE, moved_yx=(down, right)).coverage())
    assert np.allclose(found.shift_yx, (down, right), atol=0.12)


@pytest.mark.parametrize("grown_px", [-1, -0.5, 0.5, 1, 2])
def test_growth_is_no_shift_and_moves_every_point(grown_px: float) -> None:
    found = edge_shift(COVERAGE, Bag(SIZE, grown_px=grown_px).coverage())
    assert np.median(found.moves_px) == pytest.approx(grown_px, abs=0.08)
    assert found.shift_px < 0.15


@pytest.mark.parametrize("grown_px", [1, 2, 4])
def test_expansion_tells_mean_growth_in_pixels(grown_px: float) -> None:
    found = expansion(COVERAGE, Bag(SIZE, grown_px=grown_px).coverage())
    assert found.edge_px == pytest.approx(grown_px, rel=0.1)
    assert found.shrink == 0


def test_lost_strap_is_shrinkage() -> None:
    bare = COVERAGE.copy()
    bare[: int(0.38 * SIZE)] = 0
    found = expansion(COVERAGE, bare)
    assert found.shrink > 0.01
    assert found.area_px == 0


def test_product_that_vanished_shares_nothing() -> None:
    assert boundary_iou(COVERAGE, np.zeros_like(COVERAGE), 0.02) == 0

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.evaluation.truth.field import around_line, convex, covered, disc, ring

SIZE = (90, 110)


@settings(max_examples=40)
@given(st.floats(0, np.pi), st.floats(1, 14), st.floats(0, 1), st.floats(0, 1))
def test_band_of_any_direction_covers_its_width_times_its_length(turn: float, width: float, x: float, y: float) -> None:
    middle, along = np.array([55 + x, 45 + y]), np.array([np.cos(turn), np.sin(turn)])
    line = middle + np.linspace(-25, 25, 51)[:, None] * along
    area = covered(around_line(SIZE, line, width / 2)).sum()
    # Both ends are half circles. A fiftieth of a pixel of width, at the worst angle; curves have all angles.
    assert area == pytest.approx(50 * width + np.pi * width**2 / 4, abs=1)


@given(st.floats(8, 30), st.floats(0, 1))
def test_disc_covers_its_area(radius: float, shift: float) -> None:
    area = covered(disc(SIZE, (55 + shift, 45), radius)).sum()
    assert abs(area - np.pi * radius**2) < 0.01 * 2 * np.pi * radius


def test_ring_has_a_hole() -> None:
    coverage = covered(ring(SIZE, (55, 45), 20, 4))
    assert coverage[45, 55] == 0
    assert coverage.sum() == pytest.approx(2 * np.pi * 20 * 4, rel=0.002)


def test_polygon_covers_its_area_and_nothing_beyond() -> None:
    corners = np.array([[20.3, 10.0], [90.7, 15.5], [80.0, 70.2], [30.0, 75.0]])
    x, y = corners[:, 0], corners[:, 1]
    area = 0.5 * abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))
    coverage = covered(convex(SIZE, corners))
    assert coverage.sum() == pytest.approx(area, rel=1e-3)
    assert coverage[:9].sum() == 0


def test_half_covered_pixel_is_half() -> None:
    coverage = covered(convex((20, 20), np.array([[4.5, 4.0], [15.0, 4.0], [15.0, 16.0], [4.5, 16.0]])))
    assert coverage[10, 4] == pytest.approx(0.5)
    assert coverage[10, 3] == 0
    assert coverage[10, 5] == 1

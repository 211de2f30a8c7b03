import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.postprocess.base import find_base


def cylinder(radius: float, height: float, depth_px: float, size: int = 260) -> np.ndarray:
    """The silhouette of an upright cylinder whose base's middle is at row 180, column 120."""
    y, x = np.mgrid[:size, :size] + 0.5
    across = np.abs(x - 120) / radius
    drop = depth_px * radius * np.sqrt(np.clip(1 - across**2, 0, 1))
    return (across < 1) & (y < 180 + drop) & (y > 180 - height - drop)


@given(st.floats(0.1, 0.8), st.floats(40, 80))
def test_base_of_a_cylinder_is_its_lower_circle(depth_px: float, radius: float) -> None:
    base = find_base(cylinder(radius, 60, depth_px), depth_px)
    assert base.foot_yx[0] == pytest.approx(180, abs=4)
    assert base.foot_yx[1] == pytest.approx(120, abs=1)
    assert base.half_width == pytest.approx(radius, abs=2)
    assert base.depth_ratio > 0.7


def test_base_of_a_glass_is_its_foot_not_its_bowl() -> None:
    mask = cylinder(30, 20, 0.3)
    mask[100:165, 115:125] = True
    mask[40:100, 60:180] = True
    base = find_base(mask, 0.3)
    assert base.half_width == pytest.approx(30, abs=2)
    assert not base.touches[70]


def test_straight_lower_edge_is_taken_as_shallow() -> None:
    mask = np.zeros((100, 100), bool)
    mask[20:80, 10:90] = True
    base = find_base(mask, 0.6)
    assert base.depth_ratio < 0.4
    assert base.touches.sum() == 80


def test_both_feet_of_a_bridge_touch_and_its_span_does_not() -> None:
    mask = np.zeros((100, 100), bool)
    mask[20:60, 10:90] = True
    mask[60:90, 10:25] = True
    mask[60:90, 75:90] = True
    base = find_base(mask, 0.2)
    assert base.touches[12]
    assert base.touches[80]
    assert not base.touches[50]
    assert base.foot_yx[1] == 50


def test_depth_is_nothing_beside_the_base_and_most_in_its_middle() -> None:
    base = find_base(cylinder(40, 60, 0.5), 0.5)
    depths = base.depths()
    assert depths[0] == 0
    assert depths.argmax() == pytest.approx(120, abs=2)
    assert depths.max() == pytest.approx(base.half_depth, rel=0.01)


def test_single_pixel_has_a_base() -> None:
    mask = np.zeros((9, 9), bool)
    mask[4, 4] = True
    base = find_base(mask, 0.5)
    assert base.foot_yx[1] == 4.5
    assert 4 <= base.foot_yx[0] <= 5


@pytest.mark.parametrize("depth_px", [0.2, 0.4, 0.7])
def test_round_base_is_known_to_a_fraction_of_a_pixel(depth_px: float) -> None:
    base = find_base(cylinder(40, 60, depth_px), depth_px)
    assert base.foot_yx[0] == pytest.approx(180, abs=0.6)
    assert base.depth_ratio > 0.95


def test_two_feet_at_different_depths_stand_at_the_nearer_one() -> None:
    mask = np.zeros((200, 300), bool)
    mask[60:150, 60:120] = mask[60:153, 180:240] = True
    assert 140 < find_base(mask, 0.2).foot_yx[0] <= 153

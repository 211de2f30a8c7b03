import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.camera import Camera

pitches = st.floats(0, 90)
foot_rows = st.floats(60, 99)


def camera(pitch_deg: float, foot_row: float = 80.0) -> Camera:
    return Camera((100, 120), pitch_deg, 30.0, (foot_row, 60.0), 200.0)


@given(pitches)
def test_rays_are_unit_vectors(pitch_deg: float) -> None:
    rays = camera(pitch_deg).rays()
    assert rays.shape == (100, 120, 3)
    assert np.allclose(np.linalg.norm(rays, axis=2), 1, atol=1e-5)


@given(st.floats(5, 60), foot_rows)
def test_ray_through_the_foot_meets_the_ground_at_the_foots_distance(pitch_deg: float, foot_row: float) -> None:
    view = camera(pitch_deg, foot_row)
    depression = math.radians(view.foot_depression_deg)
    ray_length = view.height_m / math.sin(depression)
    axial = ray_length * math.cos(depression - math.radians(pitch_deg))
    assert axial == pytest.approx(view.foot_distance_m, rel=1e-6)


@given(st.floats(1, 30))
def test_rays_at_the_horizon_row_are_level(pitch_deg: float) -> None:
    view = camera(pitch_deg)
    assert view.depression_deg(view.horizon_row) == pytest.approx(0, abs=1e-6)


def test_horizon_leaves_the_picture_when_the_camera_looks_down_steeply() -> None:
    assert camera(0).horizon_row == pytest.approx(50)
    assert camera(40).horizon_row < 0


def test_depression_grows_downwards() -> None:
    view = camera(10)
    rows = [view.depression_deg(row) for row in (0, 25, 50, 75, 100)]
    assert rows == sorted(rows)
    assert rows[2] == pytest.approx(10)


def test_foot_above_the_horizon_still_has_ground_under_it() -> None:
    assert camera(0, foot_row=20).foot_depression_deg == 2.0


def test_rays_on_a_coarser_grid_cover_the_same_view() -> None:
    fine, coarse = camera(20).rays(), camera(20).rays((50, 60))
    middle = fine.reshape(50, 2, 60, 2, 3).mean(axis=(1, 3))
    assert np.allclose(middle, coarse, atol=1e-3)


@given(st.floats(-30, 30), st.floats(5, 60))
def test_rolled_camera_sees_its_level_ones_rays(roll_deg: float, pitch_deg: float) -> None:
    rolled = Camera((100, 120), pitch_deg, 30.0, (80.0, 60.0), 200.0, roll_deg)
    level = rolled.level
    x, y, _ = rolled.to_level() @ (30.5, 70.5, 1)
    down, across = y - level.size_hw[0] / 2, x - level.size_hw[1] / 2
    pitch = math.radians(pitch_deg)
    ray = np.array(
        [across, -down * math.cos(pitch) - level.focal_px * math.sin(pitch),
         level.focal_px * math.cos(pitch) - down * math.sin(pitch)]
    )  # fmt: skip
    assert level.focal_px == pytest.approx(rolled.focal_px)
    assert rolled.rays()[70, 30] == pytest.approx(ray / np.linalg.norm(ray), abs=1e-5)


def test_right_end_of_the_horizon_rises_for_a_camera_turned_clockwise() -> None:
    rays = Camera((100, 120), 0.0, 30.0, (80.0, 60.0), 200.0, 10.0).rays()
    assert rays[50, 119, 1] < 0 < rays[50, 0, 1]


@given(st.floats(-30, 30))
def test_level_picture_holds_the_whole_of_the_rolled_one(roll_deg: float) -> None:
    rolled = Camera((100, 120), 20.0, 30.0, (80.0, 60.0), 200.0, roll_deg)
    height, width = rolled.level.size_hw
    for corner in ((0, 0), (120, 0), (0, 100), (120, 100)):
        x, y, _ = rolled.to_level() @ (*corner, 1)
        assert -1e-6 <= x <= width + 1e-6
        assert -1e-6 <= y <= height + 1e-6

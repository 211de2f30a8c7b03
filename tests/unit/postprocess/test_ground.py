import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.camera import Camera
from services.postprocess.ground import GroundView
from tests.support.shadow_truth import ground_points

pitches = st.floats(0, 60)
rows = st.floats(210, 290)


def view(pitch_deg: float, row: float, column: float = 140.0) -> GroundView:
    return GroundView(Camera((300, 280), pitch_deg, 30.0, (row, 140.0), 500.0), (row, column))


def seen(matrix: np.ndarray, first: float, second: float) -> np.ndarray:
    point = matrix @ (first, second, 1)
    return point[:2] / point[2]


@given(pitches, rows, st.floats(20, 260))
def test_foot_is_seen_where_it_is(pitch: float, row: float, column: float) -> None:
    ground = view(pitch, row, column)
    for matrix in (ground.ground_to_canvas(), ground.upright_to_canvas()):
        assert seen(matrix, 0, 0) == pytest.approx((column, row), abs=1e-6)


@given(pitches, rows)
def test_step_back_on_the_ground_has_the_stated_rows(pitch: float, row: float) -> None:
    ground = view(pitch, row)
    back = seen(ground.ground_to_canvas(), 0, 0.01)
    assert (row - back[1]) / 0.01 == pytest.approx(ground.depth_px, rel=1e-3)


@given(st.floats(5, 60), rows, st.floats(-40, 40), st.floats(-40, 40))
def test_ground_is_where_the_cameras_rays_meet_it(pitch: float, row: float, x: float, z: float) -> None:
    ground = view(pitch, row)
    column, line = seen(ground.ground_to_canvas(), x, z)
    points, _ = ground_points(ground.camera)
    if not (1 <= line < 299 and 1 <= column < 279):
        return
    hit = points[int(line), int(column)]
    distance = ground.camera.height_m / np.tan(np.radians(ground.camera.foot_depression_deg))
    cell = 3 / ground.camera.px_per_m / ground.depth_px
    assert hit[0] == pytest.approx(x / ground.camera.px_per_m, abs=cell)
    assert hit[2] == pytest.approx(distance + z / ground.camera.px_per_m, abs=cell)


def test_farther_ground_is_compressed_towards_the_horizon() -> None:
    ground = view(10, 250)
    lines = [seen(ground.ground_to_canvas(), 0, z)[1] for z in (0, 500, 1000, 1500)]
    steps = -np.diff(lines)
    assert (np.diff(steps) < 0).all()
    assert lines[-1] > ground.camera.horizon_row


def test_levels_above_the_ground_are_seen_higher() -> None:
    ground = view(30, 250)
    low, high = (seen(ground.level_to_canvas(height), 0, 0) for height in (0, 50))
    assert high[1] < low[1] - 30

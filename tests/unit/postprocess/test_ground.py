import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.camera import Camera
from services.evaluation.truth.shadows import ground_points
from services.postprocess.ground import GroundView

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


@pytest.mark.parametrize("pitch", [8, 25, 40])
def test_upper_edge_at_the_back_is_seen_by_so_many_rows_higher(pitch: float) -> None:
    view = GroundView(Camera((512, 512), pitch, 30.0, (340.0, 256.0), 640.0), (340.0, 256.0))
    height, radius = 150.0, 50.0
    across = np.array([-30.0, 0.0, 45.0])
    seen = np.stack([projected(view, x, np.sqrt(radius**2 - x**2), height) for x in across])
    upright = np.array([projected(view, x, 0.0, height)[1] for x in across])
    found = view.rows_behind(seen[:, 0], seen[:, 1], radius, 1.0)
    assert found == pytest.approx(upright - seen[:, 1], abs=0.05)


def test_front_of_a_circle_is_farther_from_its_middle_than_its_back() -> None:
    view = GroundView(Camera((512, 512), 25, 30.0, (340.0, 256.0), 640.0), (340.0, 256.0))
    front = projected(view, 0.0, -60.0, 0.0)[1] - 340
    assert front == pytest.approx(60 * view.depth_px / (1 - 60 * view.nearing), abs=0.01)


def projected(view: GroundView, x: float, z: float, height: float) -> np.ndarray:
    seen = view.level_to_canvas(height) @ np.array([x, z, 1.0])
    return seen[:2] / seen[2]


@given(st.floats(5, 60), rows, st.floats(-20, 20), st.floats(-40, 40), st.floats(-40, 40))
def test_ground_turns_with_the_camera(pitch: float, row: float, roll: float, x: float, z: float) -> None:
    camera = Camera((300, 280), pitch, 30.0, (row, 140.0), 500.0, roll)
    rolled = GroundView(camera, (row, 140.0))
    level = GroundView(camera.level, camera.level.foot_yx)
    turned = camera.to_level() @ (*seen(rolled.ground_to_canvas(), x, z), 1)
    assert turned[:2] == pytest.approx(seen(level.ground_to_canvas(), x, z), abs=1e-6)

import numpy as np
import pytest

from services.common.camera import Camera
from services.generate.plates.view import SKY_M, View


def view(pitch: float = 10, foot_row: float = 160) -> View:
    return View(Camera((200, 160), pitch, 30, (foot_row, 80), 300), aperture=0.03)


@pytest.mark.parametrize("pitch", [0, 10, 40, 70])
def test_the_foot_is_in_focus(pitch: float) -> None:
    seen = view(pitch)
    depth, z = seen.ground()
    assert depth[160] == pytest.approx(seen.focus_m, rel=0.01)
    assert z[160] == pytest.approx(seen.foot_z_m, rel=0.02)
    assert seen.blur_px(depth)[160] == pytest.approx(0, abs=0.1)


def test_the_ground_at_the_foot_has_the_wanted_scale() -> None:
    seen = view()
    assert seen.camera.focal_px / seen.focus_m == pytest.approx(300, rel=0.01)


def test_there_is_no_ground_above_the_horizon() -> None:
    depth, _ = view(pitch=0).ground()
    assert (depth[:100] == SKY_M).all()
    assert (np.diff(depth[101:]) < 0).all()


def test_infinity_is_blurred_by_the_aperture() -> None:
    seen = view(pitch=0)
    assert seen.blur_px(np.array([SKY_M], np.float32))[0] == pytest.approx(0.03 * 200, rel=1e-3)


@pytest.mark.parametrize("pitch", [0, 5, 11])
def test_a_wider_look_keeps_the_horizon(pitch: float) -> None:
    seen = view(pitch)
    rise = seen.wide_rays(2.0, (200, 160))[:, 80, 1]
    assert np.interp(0, -rise, np.arange(200) + 0.5) == pytest.approx(seen.camera.horizon_row, abs=0.1)


def test_a_look_that_is_no_wider_is_the_cameras_own() -> None:
    seen = view(17)
    np.testing.assert_allclose(seen.wide_rays(1.0, (100, 80)), seen.camera.rays((100, 80)), atol=1e-5)


def test_a_wall_stands_on_the_ground() -> None:
    seen = view(pitch=20)
    _, z = seen.ground()
    _, height = seen.wall(float(z[120]))
    assert height[120] == pytest.approx(0, abs=1e-4)
    assert height[90] > 0


def test_a_panoramic_format_is_not_widened_further() -> None:
    seen = View(Camera((100, 500), 10, 40, (80, 250), 100), 0.02)
    np.testing.assert_allclose(seen.wide_rays(2.5, (50, 250)), seen.camera.rays((50, 250)), atol=1e-5)

import numpy as np
import pytest

from services.common.camera import Camera
from services.common.light import Light
from services.evaluation.truth.shadows import focused_occlusion, light_directions, true_occlusion, upright_cylinder

VIEW = Camera((128, 128), 30.0, 30.0, (84.0, 64.0), 160.0)


def key(elevation: float, radius: float) -> Light:
    return Light(-90.0, elevation, radius, (0.6, 0.6, 0.6), (0.4, 0.4, 0.4))


def tin(height_m: float = 0.2):
    distance = VIEW.height_m / np.tan(np.radians(VIEW.foot_depression_deg))
    return upright_cylinder((0.0, float(distance)), 0.07, height_m)


def test_focused_look_misses_nothing() -> None:
    whole, focused = (look(VIEW, key(40, 12), tin(), 40) for look in (true_occlusion, focused_occlusion))
    assert np.array_equal(whole, focused)


def test_shadow_of_a_small_light_is_as_long_as_its_angle_says() -> None:
    occlusion = true_occlusion(VIEW, key(45, 0.01), tin(), 8)
    row = occlusion[84]
    reach_px = np.flatnonzero(row > 0.5).max() + 1 - 64
    # Height at 45 degrees, plus the radius of the body.
    assert reach_px == pytest.approx((0.2 + 0.07) * 160, abs=1.5)


def test_lights_directions_fill_its_disc() -> None:
    rays = light_directions(key(40, 10), 600)
    middle = rays.mean(axis=0) / np.linalg.norm(rays.mean(axis=0))
    away = np.degrees(np.arccos(np.clip(rays @ middle, -1, 1)))
    assert away.max() < 10.6
    assert away.max() > 9.3

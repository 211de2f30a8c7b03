import numpy as np
import pytest

from services.common.light import Light
from services.generate.environment import LUMINANCE, Environment
from services.generate.plates.keylight import MIN_ELEVATION_DEG, balanced, find_light
from tests.support.panorama import room_with_window


@pytest.mark.parametrize(("window", "yaw", "seen"), [(90, 90, 0), (90, 0, 90), (300, 0, -60), (10, 350, 20)])
def test_key_stands_where_the_window_is(window: float, yaw: float, seen: float) -> None:
    light = find_light(Environment(room_with_window(window, 40)), yaw, 0.5)
    assert (light.azimuth_deg - seen + 180) % 360 - 180 == pytest.approx(0, abs=3)
    assert light.elevation_deg == pytest.approx(40, abs=4)


def test_key_is_about_as_large_as_the_window() -> None:
    light = find_light(Environment(room_with_window(90, 40)), 0, 0.5)
    assert 5 < light.radius_deg < 16


def test_a_low_window_is_lifted_for_the_shadows_sake() -> None:
    assert find_light(Environment(room_with_window(90, 5)), 0, 0.5).elevation_deg == MIN_ELEVATION_DEG


def test_key_and_ambient_add_up_to_one() -> None:
    light = find_light(Environment(room_with_window(90, 40)), 0, 0.5)
    assert (np.array(light.key) + light.ambient) @ LUMINANCE == pytest.approx(1, abs=1e-4)


def test_full_white_balance_leaves_no_cast() -> None:
    warm = Light(0, 45, 5, key=(0.8, 0.5, 0.2), ambient=(0.4, 0.3, 0.2))
    total = np.add(balanced(warm, 1.0).key, balanced(warm, 1.0).ambient)
    before = np.add(warm.key, warm.ambient)
    assert np.ptp(total) < 0.1 < np.ptp(before)


def test_the_key_keeps_its_least_share() -> None:
    dull = Light(0, 45, 5, key=(0.01, 0.01, 0.01), ambient=(1, 1, 1))
    assert np.array(balanced(dull, 0.0, 0.4).key) @ LUMINANCE == pytest.approx(0.4, abs=1e-4)

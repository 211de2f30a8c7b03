import numpy as np
import pytest

from services.common.camera import Camera
from services.common.light import Light
from services.generate.plates.lighting import Lamp, direction_of
from services.generate.plates.view import View

UP = np.array([0, 1, 0], np.float32)


def light(azimuth: float) -> Light:
    return Light(azimuth, 40, 8, (0.6, 0.6, 0.6), (0.4, 0.4, 0.4))


def lamp(azimuth: float, distance_m: float = 1.5) -> Lamp:
    return Lamp(light(azimuth), View(Camera((200, 160), 10, 30, (160, 80), 300), 0.01), distance_m)


@pytest.mark.parametrize(("azimuth", "axis", "sign"), [(0, 2, 1), (90, 0, 1), (180, 2, -1), (-90, 0, -1)])
def test_azimuths_point_as_the_light_says(azimuth: float, axis: int, sign: int) -> None:
    assert direction_of(light(azimuth))[axis] == pytest.approx(sign * np.cos(np.radians(40)), abs=1e-6)


def test_the_foot_gets_exactly_one() -> None:
    source = lamp(-60)
    assert source.irradiance(source.foot, UP) == pytest.approx(1, abs=1e-5)


def test_the_side_of_the_lamp_is_brighter() -> None:
    source = lamp(-90)
    left, right = (source.irradiance(source.foot + np.array([x, 0, 0], np.float32), UP) for x in (-0.3, 0.3))
    assert left > 1 > right


def test_a_far_lamp_lights_evenly() -> None:
    source = lamp(-90, distance_m=90)
    assert source.irradiance(source.foot + np.array([0.3, 0, 0], np.float32), UP) == pytest.approx(1, abs=0.03)


def test_a_wall_that_faces_away_gets_no_key() -> None:
    source = lamp(0)
    assert source.irradiance(source.foot, np.array([0, 0, -1], np.float32)) == 0

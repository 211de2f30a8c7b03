import pytest

from services.common.light import Light


@pytest.mark.parametrize(
    ("azimuth", "expected"), [(-140, -140), (140, 140), (-40, -140), (30, 150), (-90, -120), (0, 180), (180, -180)]
)
def test_light_before_a_wall_stands_on_the_cameras_side(azimuth: float, expected: float) -> None:
    light = Light(azimuth, 40, 5, (0.6, 0.6, 0.6), (0.4, 0.4, 0.4)).before_the_wall()
    assert light.azimuth_deg == expected
    assert light.elevation_deg == 40

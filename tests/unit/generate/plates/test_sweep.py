import numpy as np
import pytest

from services.common.camera import Camera
from services.common.light import Light
from services.generate.plates.lighting import Lamp
from services.generate.plates.sweep import Sweep
from services.generate.plates.view import View

LIGHT = Light(-120, 45, 15, (0.6, 0.6, 0.6), (0.4, 0.4, 0.4))
GREY = np.full(3, 0.5, np.float32)


def draw(pitch: float = 10, curve_m: float = 0.5) -> np.ndarray:
    view = View(Camera((320, 240), pitch, 30, (260, 120), 500), 0)
    return Sweep(GREY, 0.4, curve_m, waviness=0.0).draw(view, Lamp(LIGHT, view, 2), np.random.default_rng(0))


def test_paper_at_the_foot_has_its_own_colour() -> None:
    assert draw()[260, 120, 1] == pytest.approx(0.5, rel=0.12)


@pytest.mark.parametrize("pitch", [0, 10, 45, 90])
def test_floor_curve_and_wall_meet_without_a_step(pitch: float) -> None:
    picture = draw(pitch)
    assert picture.min() > 0.05
    assert np.abs(np.diff(picture[..., 1], axis=0)).max() < 0.01


def test_light_falls_off_away_from_the_lamp() -> None:
    picture = draw()
    assert picture[:, 20].mean() > picture[:, -20].mean()

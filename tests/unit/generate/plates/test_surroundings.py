import numpy as np
import pytest

from services.common.camera import Camera
from services.common.light import Finish
from services.generate.environment import Environment
from services.generate.plates.surroundings import Surroundings
from services.generate.plates.view import View
from tests.support.panorama import room_with_window

WHITE = np.ones(3, np.float32)


def view(pitch: float = 0) -> View:
    return View(Camera((160, 120), pitch, 30, (130, 60), 200), 0.03)


def test_a_window_ahead_is_a_bright_patch_with_a_soft_border() -> None:
    around = Surroundings(Environment(room_with_window(90, 0, height=128)), 90, 1.6, WHITE)
    seen = around.behind(view())
    assert seen.shape == (160, 120, 3)
    assert seen[80, 60, 0] > 10 * seen[80, 2, 0]
    assert np.abs(np.diff(seen[80, :, 0])).max() < 0.3 * seen.max()


def test_gain_brightens_the_background(room: Environment) -> None:
    dark, bright = (Surroundings(room, 200, 1.6, WHITE * gain).behind(view()) for gain in (1, 2))
    np.testing.assert_allclose(bright, 2 * dark, rtol=1e-4)


def test_a_flat_look_mirrors_more_than_a_steep_one(room: Environment) -> None:
    around = Surroundings(room, 0, 1.6, WHITE)
    flat, steep = (around.mirrored(view(pitch), Finish(0.04, 0.2))[1][-3].mean() for pitch in (0, 60))
    assert flat > 1.5 * steep
    assert steep == pytest.approx(0.04, abs=0.01)


def test_a_rough_surface_mirrors_less_at_flat_angles(room: Environment) -> None:
    around = Surroundings(room, 0, 1.6, WHITE)
    polished, rough = (around.mirrored(view(), Finish(0.04, roughness))[1].max() for roughness in (0.1, 0.8))
    assert polished > 2 * rough

from pathlib import Path

import numpy as np
import pytest

from services.common.errors import ModelUnavailable
from services.generate.environment import LUMINANCE, Environment
from tests.support.panorama import room_with_window, write_exr


def test_a_panorama_survives_its_file(tmp_path: Path) -> None:
    radiance = room_with_window(200, 30)
    loaded = Environment.load(write_exr(tmp_path / "room.exr", radiance))
    np.testing.assert_allclose(loaded.radiance, Environment(radiance).radiance, rtol=2e-3)


def test_a_broken_file_is_model_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "broken.exr"
    path.write_bytes(b"not an image")
    with pytest.raises(ModelUnavailable, match=r"broken\.exr"):
        Environment.load(path)


def test_a_square_picture_is_no_panorama() -> None:
    with pytest.raises(ValueError, match="twice as wide"):
        Environment(np.ones((32, 32, 3), np.float32))


def test_a_black_panorama_is_refused() -> None:
    with pytest.raises(ValueError, match="black"):
        Environment(np.zeros((16, 32, 3), np.float32))


def test_a_white_card_on_the_ground_has_radiance_one(room: Environment) -> None:
    assert float(room.irradiance @ LUMINANCE) == pytest.approx(1, rel=1e-5)


def test_an_even_sky_lights_a_card_with_its_own_radiance() -> None:
    even = Environment(np.full((64, 128, 3), 5.0, np.float32))
    np.testing.assert_allclose(even.radiance, 1.0, rtol=1e-3)


def test_looking_ahead_shows_the_column_at_the_yaw() -> None:
    environment = Environment(room_with_window(120, 0))
    ahead = np.array([[[0, 0, 1]]], np.float32)
    at_window = environment.look(ahead, 120)[0, 0] @ LUMINANCE
    beside = environment.look(ahead, 180)[0, 0] @ LUMINANCE
    assert at_window > 20 * beside


def test_turning_right_shows_larger_azimuths() -> None:
    environment = Environment(room_with_window(150, 0))
    right = np.array([[[0.5, 0, 0.866]]], np.float32)
    assert environment.look(right, 120)[0, 0, 0] > 20 * environment.look(right * [-1, 1, 1], 120)[0, 0, 0]


def test_the_seam_behind_the_viewer_does_not_show() -> None:
    radiance = np.broadcast_to(np.linspace(1, 2, 32, dtype=np.float32)[:, None, None], (32, 64, 3)).copy()
    environment = Environment(radiance)
    turn = np.linspace(-0.1, 0.1, 41, dtype=np.float32)
    rays = np.stack([np.sin(turn), np.full_like(turn, 0), np.cos(turn)], -1)[None]
    assert np.ptp(environment.look(rays, 0)) < 1e-4


def test_a_mirror_shows_what_is_above_not_below() -> None:
    radiance = np.full((64, 128, 3), 1.0, np.float32)
    radiance[32:] = 0.01
    down = np.array([[[0, -0.5, 0.866]]], np.float32)
    environment = Environment(radiance)
    assert environment.mirror(down, 180, 1.5)[0, 0, 1] > 10 * environment.look(down, 180)[0, 0, 1]


@pytest.mark.parametrize("blur_deg", [1.5, 12])
def test_a_rougher_mirror_keeps_the_mean(blur_deg: float) -> None:
    even = Environment(np.full((64, 128, 3), 2.0, np.float32))
    down = np.array([[[0, -0.5, 0.866]]], np.float32)
    assert even.mirror(down, 10, blur_deg)[0, 0, 0] == pytest.approx(1, rel=0.01)

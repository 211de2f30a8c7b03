import numpy as np
import pytest

from services.common.camera import Camera
from services.common.deadline import Deadline
from services.common.light import Light
from services.generate.plates.lighting import Lamp
from services.generate.plates.podium import Podium
from services.generate.plates.sweep import Sweep
from services.generate.plates.view import View

GREEN, RED = np.array([0.1, 0.6, 0.1], np.float32), np.array([0.6, 0.1, 0.1], np.float32)
LIGHT = Light(-70, 50, 12, (0.65, 0.65, 0.65), (0.35, 0.35, 0.35))


def draw(pitch: float = 10, size: tuple[int, int] = (240, 200)) -> tuple[np.ndarray, View]:
    height, width = size
    view = View(Camera(size, pitch, 30, (0.76 * height, width / 2), 1.7 * height), 0.01)
    podium = Podium(Sweep(GREEN, 0.5, 0.4, 0.0, 0.4), RED, 0.2)
    return podium.draw(view, Lamp(LIGHT, view, 2), np.random.default_rng(1), Deadline()), view


def is_red(picture: np.ndarray) -> np.ndarray:
    return np.asarray(picture[..., 0] > picture[..., 1])


@pytest.mark.parametrize("pitch", [0, 10, 30])
def test_the_foot_stands_on_the_plinth_before_the_paper(pitch: float) -> None:
    picture, _ = draw(pitch)
    red = is_red(picture)
    assert red[182, 100]
    assert red[-1, 100]
    assert not red[:80].any()
    assert np.isfinite(picture).all()


def test_the_plinth_is_as_wide_as_its_radius_and_symmetric() -> None:
    red = is_red(draw()[0])
    assert np.ptp(np.flatnonzero(red[182])) == pytest.approx(2 * 0.2 * 1.7 * 240, abs=6) or red[182].all()
    narrow = is_red(draw(size=(240, 400))[0])
    columns = np.flatnonzero(narrow[182])
    assert np.ptp(columns) == pytest.approx(2 * 0.2 * 1.7 * 240, rel=0.06)
    assert columns.mean() == pytest.approx(199.5, abs=1.5)


def test_the_top_is_brighter_than_the_side() -> None:
    picture, _ = draw(15)
    assert picture[182, 100, 0] > 1.2 * picture[-2, 100, 0]


def test_strips_leave_no_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, _ = draw()
    monkeypatch.setattr("services.generate.plates.podium.STRIP_PX", 200 * 9)
    np.testing.assert_allclose(draw()[0], whole, atol=1e-5)

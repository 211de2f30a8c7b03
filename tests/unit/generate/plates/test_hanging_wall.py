import numpy as np
import pytest

from services.common.camera import Camera
from services.common.deadline import Deadline
from services.common.light import Light
from services.generate.plates.gobo import SIDE_PX, Gobo
from services.generate.plates.hanging_wall import HangingWall, straight_on
from services.generate.plates.materials.catalog import MaterialName, build_texture
from services.generate.plates.surface import Lay
from services.generate.plates.view import View

CAMERA = Camera((200, 160), 20, 30, (100, 80), 350)


def draw(azimuth: float = -135, gobo: Gobo | None = None) -> np.ndarray:
    view = View(straight_on(CAMERA), 0.004)
    light = Light(azimuth, 40, 5, (0.7, 0.7, 0.7), (0.3, 0.3, 0.3)).before_the_wall()
    wall = HangingWall(build_texture(MaterialName.PAINT, 0, 64), Lay(0, (0, 0)), gobo)
    return wall.draw(view, light, 2.0, Deadline())


def test_a_white_wall_is_about_white_behind_the_product() -> None:
    assert draw()[95:105, 75:85].mean() == pytest.approx(0.86, abs=0.06)


@pytest.mark.parametrize(("azimuth", "bright"), [(-130, slice(0, 30)), (130, slice(130, 160))])
def test_the_side_of_the_lamp_is_brighter(azimuth: float, bright: slice) -> None:
    picture = draw(azimuth)
    assert picture[:, bright].mean() > 1.03 * picture.mean()


def test_the_wall_is_brighter_above_where_the_lamp_is() -> None:
    picture = draw()
    assert picture[:30].mean() > picture[-30:].mean()


def test_shade_leaves_only_the_ambient_light() -> None:
    shade = draw(gobo=Gobo(np.zeros((SIDE_PX, SIDE_PX), np.float32)))
    assert shade[100, 80].mean() == pytest.approx(0.3 * draw()[100, 80].mean(), rel=0.1)


def test_the_wall_is_seen_straight_on_whatever_the_pitch() -> None:
    assert straight_on(CAMERA).pitch_deg == 0

import numpy as np
import pytest

from services.common.camera import Camera
from services.common.deadline import Deadline
from services.common.light import Light
from services.generate.plates.corner import Corner
from services.generate.plates.gobo import SIDE_PX, Gobo
from services.generate.plates.lighting import Lamp
from services.generate.plates.materials.catalog import MaterialName, build_texture
from services.generate.plates.surface import Lay
from services.generate.plates.view import View

LIGHT = Light(-125, 35, 2, (0.7, 0.7, 0.7), (0.3, 0.3, 0.3))


def draw(passing: float, pitch: float = 10) -> tuple[np.ndarray, View]:
    gobo = Gobo(np.full((SIDE_PX, SIDE_PX), passing, np.float32))
    plaster, lay = build_texture(MaterialName.PLASTER, 0, 64), Lay(0, (0, 0))
    corner = Corner(plaster, lay, plaster, lay, 0.4, gobo)
    view = View(Camera((200, 150), pitch, 30, (165, 75), 350), 0.005)
    return corner.draw(view, Lamp(LIGHT, view, 5), Deadline()), view


@pytest.mark.parametrize("pitch", [0, 15, 50, 89])
def test_wall_and_table_fill_the_picture(pitch: float) -> None:
    picture, _ = draw(1.0, pitch)
    assert np.isfinite(picture).all()
    assert picture.min() > 0.02


def test_shade_leaves_only_the_ambient_light() -> None:
    lit, shaded = draw(1.0)[0], draw(0.0)[0]
    assert shaded[165, 75, 1] == pytest.approx(0.3 * lit[165, 75, 1], rel=0.2)


def test_the_corner_is_darker_than_the_wall_above_it() -> None:
    picture, view = draw(0.0)
    _, z = view.ground()
    seam = int(np.count_nonzero(z > view.foot_z_m + 0.4))
    assert picture[seam - 2].mean() < 0.85 * picture[seam // 2].mean()

import numpy as np
import pytest

from services.common.camera import Camera
from services.common.deadline import Deadline
from services.common.light import Light
from services.generate.plates.flat import Flat
from services.generate.plates.lighting import Lamp
from services.generate.plates.materials.catalog import MaterialName, build_texture
from services.generate.plates.surface import Lay
from services.generate.plates.view import View


def draw(azimuth: float, pitch: float = 85) -> np.ndarray:
    view = View(Camera((200, 160), pitch, 30, (100, 80), 350), 0.004)
    light = Light(azimuth, 30, 8, (0.7, 0.7, 0.7), (0.3, 0.3, 0.3))
    return Flat(build_texture(MaterialName.LINEN, 0, 64), Lay(0, (0, 0))).draw(view, Lamp(light, view, 1.5), Deadline())


@pytest.mark.parametrize("pitch", [35, 60, 90])
def test_the_surface_fills_the_picture(pitch: float) -> None:
    picture = draw(-70, pitch)
    assert np.isfinite(picture).all()
    assert picture.min() > 0.05


@pytest.mark.parametrize(("azimuth", "bright"), [(-75, slice(0, 30)), (75, slice(130, 160))])
def test_the_side_of_the_lamp_is_brighter(azimuth: float, bright: slice) -> None:
    picture = draw(azimuth)
    assert picture[:, bright].mean() > 1.03 * picture.mean()

import numpy as np
import pytest

from services.common.camera import Camera
from services.common.deadline import Deadline
from services.common.light import Finish, Light
from services.generate.environment import Environment
from services.generate.plates.edge import Edge, EdgeShape
from services.generate.plates.lighting import Lamp
from services.generate.plates.materials.catalog import MaterialName, build_texture
from services.generate.plates.surface import Lay
from services.generate.plates.surroundings import Surroundings
from services.generate.plates.table import Table
from services.generate.plates.view import View

LIGHT = Light(-60, 40, 10, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


def draw(behind_m: float, pitch: float = 10, shape: EdgeShape = EdgeShape.STRAIGHT, aperture: float = 0.02):
    white = np.full((32, 64, 3), 1.0, np.float32)
    around = Surroundings(Environment(white), 0, 1.6, np.full(3, 5, np.float32))
    edge = Edge(shape, behind_m, 0, 0.4, 0.005)
    table = Table(build_texture(MaterialName.WALNUT, 0, 64), Lay(0, (0, 0)), edge, Finish(0.02, 0.9), around)
    view = View(Camera((160, 120), pitch, 30, (130, 60), 250), aperture)
    return table.draw(view, Lamp(LIGHT, view, 5), Deadline()), view


@pytest.mark.parametrize("behind_m", [0.2, 0.5])
def test_the_table_ends_where_its_edge_is(behind_m: float) -> None:
    picture, view = draw(behind_m, aperture=0)
    _, z = view.ground()
    edge_row = int(np.argmin(np.abs(z - view.foot_z_m - behind_m)))
    bright = picture[:, 60].mean(1) > 2
    assert abs(int(np.count_nonzero(bright)) - edge_row) <= 1


def test_the_edge_is_blurred_when_the_aperture_is_open() -> None:
    sharp, soft = (np.abs(np.diff(draw(0.5, aperture=size)[0][:, 60, 1])).max() for size in (0.0, 0.04))
    assert soft < 0.5 * sharp


@pytest.mark.parametrize("pitch", [20, 30, 36, 40, 50])
@pytest.mark.parametrize("shape", list(EdgeShape))
def test_no_corner_is_left_black(pitch: float, shape: EdgeShape) -> None:
    picture, _ = draw(0.45, pitch, shape)
    assert picture.min() > 0.01


def test_a_view_past_the_table_shows_the_surroundings_alone() -> None:
    view = View(Camera((100, 80), 0, 20, (99, 40), 2000), 0.02)
    table = Table(
        build_texture(MaterialName.WALNUT, 0, 64), Lay(0, (0, 0)), Edge(EdgeShape.STRAIGHT, -5.0, 0, 1, 0.005),
        Finish(0.02, 0.9), Surroundings(Environment(np.ones((16, 32, 3), np.float32)), 0, 1, np.ones(3, np.float32)),
    )  # fmt: skip
    picture = table.draw(view, Lamp(LIGHT, view, 5), Deadline())
    np.testing.assert_allclose(picture, 1, rtol=0.01)

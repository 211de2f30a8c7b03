import numpy as np
import pytest
import yaml

from services.common.camera import Camera
from services.common.deadline import Deadline
from services.generate.derive import derive_scene
from services.generate.generator import Generator
from services.generate.plates.painter import PlatePainter
from services.generate.scene import Scene, SceneCatalog
from services.generate.schema import GenerateRequest

CAMERA = Camera((120, 96), 10, 30, (96, 48), 120)


def picture(behind: tuple[int, int, int], below: tuple[int, int, int], fall: float = 0.0) -> np.ndarray:
    image = np.empty((120, 96, 3), np.float32)
    image[:66], image[66:] = behind, below
    image *= 1 + fall * np.linspace(-0.5, 0.5, 96)[None, :, None]
    image[40:100, 30:66] = (10, 200, 10)  # a product, which is none of the scene's business
    return np.clip(image, 0, 255).astype(np.uint8)


def drawn(scene: Scene) -> np.ndarray:
    generator = Generator(SceneCatalog({scene.id: scene}), PlatePainter(pytest.fail, texture_px=64))
    return generator.run(GenerateRequest(scene.id, CAMERA, seed=1), Deadline()).background


@pytest.mark.parametrize("colour", [(206, 150, 120), (190, 200, 205), (60, 66, 80)])
def test_a_picture_of_one_colour_becomes_paper_of_that_colour(colour: tuple[int, int, int]) -> None:
    scene = derive_scene(picture(colour, colour), "paper", "Paper")
    assert scene.backdrop.kind == "sweep"
    middle = np.median(drawn(scene).reshape(-1, 3), axis=0)
    np.testing.assert_allclose(middle, colour, atol=26)


def test_ground_of_another_colour_becomes_a_table_before_a_wall() -> None:
    scene = derive_scene(picture((200, 205, 215), (150, 100, 70)), "room", "Room")
    assert scene.backdrop.kind == "corner"
    background = drawn(scene).astype(int)
    assert background[5, 48, 2] > background[5, 48, 0] - 12
    assert background[110, 48, 0] > background[110, 48, 2] + 30


@pytest.mark.parametrize(("fall", "side"), [(0.5, 1), (-0.5, -1)])
def test_light_stands_on_the_brighter_side(fall: float, side: int) -> None:
    scene = derive_scene(picture((150, 150, 150), (150, 150, 150), fall), "side", "Side")
    assert scene.backdrop.kind == "sweep"
    assert side * scene.backdrop.light.azimuth_deg > 0


def test_a_derived_scene_is_a_file_that_loads_again() -> None:
    scene = derive_scene(picture((150, 120, 90), (40, 40, 60)), "again", "Again")
    text = yaml.safe_dump(scene.model_dump(mode="json", exclude_defaults=True))
    assert Scene.model_validate(yaml.safe_load(text)) == scene


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255)])
def test_black_and_white_pictures_make_scenes_too(colour: tuple[int, int, int]) -> None:
    image = np.full((20, 20, 3), colour, np.uint8)
    assert drawn(derive_scene(image, "extreme", "Extreme")).shape == (120, 96, 3)


def test_an_id_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="id"):
        derive_scene(picture((9, 9, 9), (9, 9, 9)), "Not An Id", "None")

from dataclasses import replace

import cv2
import numpy as np
import pytest

from services.common.camera import Camera
from services.common.deadline import Deadline
from services.generate.backdrop import TableBackdrop
from services.generate.plates.painter import PlatePainter
from services.generate.plates.plate import Plate, draw_plate
from services.generate.plates.view import View
from services.generate.scene import SceneCatalog

CATALOG = SceneCatalog.shipped()
SCENES = ["marble", "park-stone", "sweep", "white", "window-gobo", "wood-living-room"]


def draw(
    plates: PlatePainter, scene: str, pitch: float = 10, seed: int = 1, size: tuple[int, int] = (150, 120)
) -> Plate:
    camera = Camera(size, pitch, 30, (size[0] * 0.8, size[1] / 2), size[0] * 1.5)
    return draw_plate(CATALOG.get(scene), camera, seed, plates, Deadline())


@pytest.mark.parametrize("scene", SCENES)
def test_the_same_seed_gives_the_same_bytes(plates: PlatePainter, scene: str) -> None:
    np.testing.assert_array_equal(draw(plates, scene).background, draw(plates, scene).background)


@pytest.mark.parametrize("scene", [name for name in SCENES if name != "white"])
def test_another_seed_gives_another_picture(plates: PlatePainter, scene: str) -> None:
    first, second = (draw(plates, scene, seed=seed).background for seed in (1, 2))
    assert (first != second).mean() > 0.2


@pytest.mark.parametrize("pitch", [0, 45, 90])
def test_the_packshot_is_white_everywhere(plates: PlatePainter, pitch: float) -> None:
    assert (draw(plates, "white", pitch).background == 255).all()


@pytest.mark.parametrize("size", [(64, 64), (65, 97), (300, 70), (70, 300)], ids=str)
@pytest.mark.parametrize("scene", SCENES)
def test_any_size_is_drawn(plates: PlatePainter, scene: str, size: tuple[int, int]) -> None:
    background = draw(plates, scene, size=size).background
    assert background.shape == (*size, 3)
    assert background.dtype == np.uint8


@pytest.mark.parametrize("scene", ["marble", "park-stone", "wood-living-room"])
def test_looking_down_shows_nothing_above_the_horizon(plates: PlatePainter, scene: str) -> None:
    backdrop = CATALOG.get(scene).backdrop
    assert isinstance(backdrop, TableBackdrop)
    camera = Camera((200, 160), 40, 30, (160, 80), 300)
    rays = View(camera, 0.02).wide_rays(backdrop.environment.breadth, (200, 160))
    assert camera.horizon_row < 0
    assert rays[..., 1].max() < 0


def test_a_higher_camera_sees_the_tables_edge_higher_up(plates: PlatePainter) -> None:
    room_rows = []
    for pitch in (0, 12, 24):
        background = draw(plates, "wood-living-room", pitch, size=(200, 160)).background.astype(float)
        wood = background[150:].mean((0, 1))
        unlike_wood = np.abs(background.mean(1) - wood).sum(1) > 60
        room_rows.append(int(np.count_nonzero(unlike_wood[:140])))
    assert room_rows[0] > room_rows[1] > room_rows[2]


@pytest.mark.parametrize("scene", SCENES)
def test_the_surface_at_the_foot_is_well_exposed(plates: PlatePainter, scene: str) -> None:
    background = draw(plates, scene, pitch=30).background
    foot = background[110:130, 50:70].mean()
    assert 80 < foot <= 255


@pytest.mark.parametrize("scene", SCENES)
def test_the_light_is_plausible(plates: PlatePainter, scene: str) -> None:
    light = draw(plates, scene).light
    total = np.add(light.key, light.ambient) @ [0.2126, 0.7152, 0.0722]
    assert total == pytest.approx(1, abs=0.02)
    assert -180 <= light.azimuth_deg <= 180
    assert 20 <= light.elevation_deg <= 90


def test_a_sweep_is_brighter_on_the_side_of_its_lamp(plates: PlatePainter) -> None:
    plate = draw(plates, "sweep", size=(200, 160))
    left, right = plate.background[150:, :40].mean(), plate.background[150:, -40:].mean()
    assert (left > right) == (plate.light.azimuth_deg < 0)


def test_horizon_of_a_rolled_camera_is_tilted_by_its_roll(plates: PlatePainter) -> None:
    camera = Camera((240, 240), 4, 30, (200, 120), 360)
    level, rolled = (
        draw_plate(CATALOG.get("sunset-water"), replace(camera, roll_deg=roll), 1, plates, Deadline()).background
        for roll in (0.0, 8.0)
    )
    matrix = cv2.getRotationMatrix2D((119.5, 119.5), 8, 1)
    turned = cv2.warpAffine(level, matrix, (240, 240), flags=cv2.INTER_CUBIC)
    middle = np.hypot(*(np.mgrid[:240, :240] - 119.5)) < 100
    assert np.corrcoef(turned[middle].ravel(), rolled[middle].ravel())[0, 1] > 0.97
    assert np.corrcoef(level[middle].ravel(), rolled[middle].ravel())[0, 1] < 0.97

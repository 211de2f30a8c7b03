import numpy as np
import pytest

from services.evaluation.difference import delta_e
from services.evaluation.generators import (
    drawn_by,
    faithful,
    misspelt,
    passed_through_latents,
    scaled,
    swollen,
    thickened,
    tinted,
    warped,
)
from services.evaluation.truth.scene import Scene
from services.evaluation.width import width_errors


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene.drawn(1, side_px=560)


def test_faithful_generator_redraws_the_photos_product(scene: Scene) -> None:
    picture = drawn_by(faithful, scene, 0).picture
    assert np.array_equal(picture[scene.alpha == 1], scene.photo[scene.alpha == 1])


@pytest.mark.parametrize("dose", [2.0, 4.0, 8.0])
def test_thickening_generator_adds_its_dose(scene: Scene, dose: float) -> None:
    errors = width_errors(drawn_by(thickened(dose), scene, 0).alpha, scene.garment.straps)
    assert errors == pytest.approx([dose, dose], abs=0.05)


def test_swelling_generator_adds_its_share_to_straps_alone(scene: Scene) -> None:
    alpha = drawn_by(swollen(0.1), scene, 0).alpha
    wanted = [0.1 * strap.width_px for strap in scene.garment.straps]
    assert width_errors(alpha, scene.garment.straps) == pytest.approx(wanted, abs=0.02)
    assert np.array_equal(alpha[360:], scene.alpha[360:])


def test_scaling_generator_enlarges_the_area_by_the_square(scene: Scene) -> None:
    assert scaled(1.02)(scene)[0].sum() / scene.alpha.sum() == pytest.approx(1.02**2, rel=0.01)


def test_warp_moves_edges_and_keeps_the_area(scene: Scene) -> None:
    alpha = warped(1.0)(scene)[0]
    assert np.abs(alpha - scene.alpha).max() > 0.2
    assert alpha.sum() == pytest.approx(scene.alpha.sum(), rel=0.01)


def test_turned_hue_is_seen_and_brightness_stays(scene: Scene) -> None:
    alpha, foreground = tinted(5.0)(scene)
    assert alpha is scene.alpha
    assert foreground.sum(axis=2) == pytest.approx(scene.foreground.sum(axis=2), abs=0.03)
    picture, inside = drawn_by(tinted(5.0), scene, 0).picture, scene.alpha == 1
    assert delta_e(scene.photo, picture, inside).mean() > 0.5


def test_misspelling_generator_changes_one_line_alone(scene: Scene) -> None:
    differs = (misspelt(scene)[1] != scene.foreground).any(axis=(1, 2))
    rows = np.flatnonzero(differs)
    line = next(line for line in scene.garment.lines if line.x_height_px == 12)
    assert line.baseline - 24 < rows[0] <= rows[-1] < line.baseline + 8


def test_latents_soften_the_print(scene: Scene) -> None:
    line = scene.garment.lines[-1]
    part = slice(int(line.baseline - 8), int(line.baseline)), slice(int(line.left), int(line.left + 60))
    assert passed_through_latents(scene)[1][part].std() < 0.9 * scene.foreground[part].std()

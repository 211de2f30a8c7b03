import numpy as np
import pytest

from services.evaluation.truth.scene import Scene
from services.evaluation.width import seen_coverage, width_errors


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene.drawn(2, side_px=360)


def test_product_and_background_are_full_and_no_coverage(scene: Scene) -> None:
    assert seen_coverage(scene.foreground, scene.foreground, scene.background) == pytest.approx(1, abs=1e-4)
    assert seen_coverage(scene.background, scene.foreground, scene.background) == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize("grown", [0.5, 2.0, 8.0])
def test_growth_is_told_in_pixels(scene: Scene, grown: float) -> None:
    errors = width_errors(scene.garment.alpha(grown / 2), scene.garment.straps)
    assert errors == pytest.approx([grown, grown], abs=0.05)


def test_ghost_beside_a_strap_counts_as_its_width(scene: Scene) -> None:
    ghost = np.maximum(scene.alpha, 0.5 * scene.garment.alpha(2.0))
    errors = width_errors(np.asarray(ghost, np.float32), scene.garment.straps)
    assert errors == pytest.approx([2.0, 2.0], abs=0.3)

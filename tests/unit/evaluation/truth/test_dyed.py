import numpy as np
import pytest

from services.evaluation.truth.dyed import Difficulty, Dyed
from services.evaluation.truth.scene import Scene


@pytest.fixture(scope="module")
def scene():
    return Scene.drawn(0, side_px=256)


def drawn(scene, difficulty=Difficulty.NONE):
    return Dyed.drawn(scene, 0, difficulty)


def test_dyes_share_folds_and_background(scene):
    dyed = drawn(scene)
    light = [each.foreground[scene.alpha == 1].sum(axis=1) for each in (dyed.photo, dyed.truth)]
    assert np.corrcoef(*light)[0, 1] > 0.9
    assert np.array_equal(dyed.photo.photo[scene.alpha == 0], dyed.truth.photo[scene.alpha == 0])
    assert not np.array_equal(dyed.photo.photo, dyed.truth.photo)


def test_overexposed_photo_has_bytes_that_are_full(scene):
    full = [
        (drawn(scene, each).photo.photo[scene.alpha == 1] == 255).any(axis=1).mean()
        for each in (Difficulty.NONE, Difficulty.CLIPPED)
    ]
    assert full[0] == 0
    assert full[1] > 0.005


def test_lamps_tint_both_sides_differently(scene):
    photo = drawn(scene, Difficulty.LIGHTS).photo.foreground
    ratio = photo[..., 0] / photo[..., 2]
    inside = scene.alpha == 1
    left, right = inside.copy(), inside.copy()
    left[:, 128:], right[:, :128] = False, False
    assert np.median(ratio[left]) > 1.2 * np.median(ratio[right])


def test_print_is_there_where_it_is_asked_for(scene):
    assert drawn(scene, Difficulty.PRINT).print_only.max() > 0.9
    assert drawn(scene).print_only.max() == 0

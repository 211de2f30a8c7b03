import numpy as np
import pytest

from services.common.srgb import to_bytes
from services.evaluation.truth.photo import Blend
from services.evaluation.truth.scene import JPEG_QUALITY, WIDTHS, Scene
from services.evaluation.width import width_errors

SIDE = 320


@pytest.mark.parametrize("number", range(8))
def test_straps_are_as_wide_as_they_are_said_to_be(number: int) -> None:
    scene = Scene.drawn(number, side_px=SIDE)
    assert np.abs(width_errors(scene.alpha, scene.garment.straps)).max() < 0.01


def test_scene_of_a_number_is_always_the_same() -> None:
    first, second = (Scene.drawn(3, damaged=True, side_px=SIDE) for _ in range(2))
    assert np.array_equal(first.photo, second.photo)
    assert not np.array_equal(first.photo, Scene.drawn(4, damaged=True, side_px=SIDE).photo)


def test_photo_shows_the_true_colours_where_alpha_is_full_or_nothing() -> None:
    scene = Scene.drawn(0, side_px=SIDE)
    assert np.array_equal(scene.photo[scene.alpha == 1], to_bytes(scene.foreground[scene.alpha == 1]))
    assert np.array_equal(scene.photo[scene.alpha == 0], to_bytes(scene.background[scene.alpha == 0]))


def test_edges_differ_between_light_and_encoded_values_and_nothing_else_does() -> None:
    light, encoded = (Scene.drawn(0, blend, side_px=SIDE) for blend in Blend)
    # Rounding twice may turn a byte by one.
    differs = (np.abs(light.photo.astype(int) - encoded.photo) > 1).any(axis=2)
    assert differs.any()
    assert ((light.alpha > 0) & (light.alpha < 1))[differs].all()


def test_damaged_photo_is_noisy_but_the_same_picture() -> None:
    clean, worn = Scene.drawn(0, side_px=SIDE), Scene.drawn(0, damaged=True, side_px=SIDE)
    off = worn.photo.astype(float) - clean.photo
    assert 2 < off.std() < 12
    assert abs(off.mean()) < 1
    assert JPEG_QUALITY == 80


def test_numbers_go_through_thin_and_wide_straps() -> None:
    widths = {strap.width_px for number in range(8) for strap in Scene.drawn(number, side_px=SIDE).garment.straps}
    assert widths == set(WIDTHS)
    assert (min(widths), max(widths)) == (3, 12)


def test_outset_moves_every_outline_by_so_much() -> None:
    garment = Scene.drawn(1, side_px=SIDE).garment
    grown = width_errors(garment.alpha(1.5), garment.straps)
    assert grown == pytest.approx([3.0, 3.0], abs=0.03)

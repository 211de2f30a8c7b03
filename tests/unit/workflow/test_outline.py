"""Shapes and what they measure."""

import cv2
import numpy as np
import pytest

from services.workflow.outline import Outline


def drawn(*polygons, size=(240, 200)):
    mask = np.zeros(size, np.uint8)
    for polygon in polygons:
        cv2.fillPoly(mask, [np.array(polygon)], 255)
    outline = Outline.of(mask.astype(np.float32) / 255)
    assert outline is not None
    return outline


BLOCK = [(50, 60), (150, 60), (150, 200), (50, 200)]


def test_block_is_solid_symmetric_and_level_below():
    block = drawn(BLOCK)
    assert block.solidity == pytest.approx(1, abs=0.03)
    assert block.symmetry() > 0.98
    assert block.sag() < 0.03
    assert block.hook() == 0


def test_leaning_shape_is_not_symmetric():
    assert drawn([(20, 60), (80, 60), (180, 200), (120, 200)]).symmetry() < 0.6


@pytest.mark.parametrize("pitch_deg", [20, 40, 60])
def test_round_base_sags_by_the_sine_of_the_pitch(pitch_deg):
    mask = np.zeros((300, 240), np.uint8)
    half = round(100 * np.sin(np.radians(pitch_deg)))
    cv2.ellipse(mask, (120, 190), (100, half), 0, 0, 360, 255, -1)
    cv2.rectangle(mask, (20, 40), (220, 190), 255, -1)
    outline = Outline.of(mask.astype(np.float32) / 255)
    assert outline is not None
    assert np.degrees(np.arcsin(outline.sag())) == pytest.approx(pitch_deg, rel=0.15)


def test_hook_is_seen_above_shoulders_but_not_on_a_bottle():
    hook = [(97, 40), (103, 40), (103, 62), (97, 62)]
    neck = [(82, 20), (118, 20), (118, 62), (82, 62)]
    assert drawn(BLOCK, hook).hook() > 0.9
    assert drawn(BLOCK, neck).hook() == 0


def test_hook_far_aside_is_none():
    assert drawn(BLOCK, [(52, 40), (58, 40), (58, 62), (52, 62)]).hook() == 0


def test_few_pixels_are_no_outline():
    assert Outline.of(np.zeros((50, 50), np.float32)) is None

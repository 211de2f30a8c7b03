"""What photos of rendered goods tell of the camera that took them."""

import math

import numpy as np
import pytest

from services.evaluation.truth.goods import Good
from services.evaluation.truth.solids import Crate, Turned
from services.evaluation.truth.taken import Stand, Taken
from services.workflow.perspective import USUAL_FOCAL_MM, find_perspective

TIN = Turned(((0.0, 0.0), (0.04, 0.0), (0.04, 0.09), (0.0, 0.09)))
CRATE = Crate(0.12, 0.09, 0.08, 35.0)


def photo_of(solid, stand):
    paint = np.full((4, 6, 3), 0.4, np.float32)
    taken = Taken.of(Good("thing", solid, paint), stand, 1)
    return taken.photo, np.round(taken.coverage * 65535).astype(np.uint16)


@pytest.mark.parametrize("stand", [Stand(30, 6, 50), Stand(50, -4, 85), Stand(18, -8, 35)], ids=str)
def test_box_tells_pitch_roll_and_lens(stand):
    found = find_perspective(*photo_of(CRATE, stand))
    assert found.pitch_deg == pytest.approx(stand.pitch_deg, abs=2)
    assert found.roll_deg == pytest.approx(stand.roll_deg, abs=1)
    assert found.focal_mm == pytest.approx(stand.focal_mm, rel=0.15)
    assert min(found.pitch_confidence, found.roll_confidence, found.focal_confidence) > 0.8


@pytest.mark.parametrize("stand", [Stand(30, 6, 50), Stand(50, -4, 85), Stand(18, -8, 35)], ids=str)
def test_tin_tells_pitch_and_roll(stand):
    found = find_perspective(*photo_of(TIN, stand))
    assert found.pitch_deg == pytest.approx(stand.pitch_deg, abs=5)
    assert found.roll_deg == pytest.approx(stand.roll_deg, abs=1.5)
    assert min(found.pitch_confidence, found.roll_confidence) > 0.6


def test_lens_that_the_file_tells_is_believed():
    found = find_perspective(*photo_of(TIN, Stand(30, 0, 100)), 100.0)
    assert found.focal_mm == pytest.approx(100, rel=0.2)
    assert found.focal_confidence > 0.6


def test_front_of_a_box_alone_tells_no_lens():
    found = find_perspective(*photo_of(Crate(0.12, 0.09, 0.08, 0.0), Stand(0, 0, 85)))
    if found is not None:
        assert found.focal_confidence < 0.6
        assert abs(math.log(found.focal_mm / USUAL_FOCAL_MM)) < 1


@pytest.mark.parametrize("shape", ["nothing", "blob"])
def test_what_is_neither_round_nor_straight_tells_nothing_surely(shape):
    alpha = np.zeros((300, 300), np.uint16)
    if shape == "blob":
        y, x = np.mgrid[:300, :300] - 150
        turn = np.arctan2(y, x)
        alpha[np.hypot(x, y) < 90 + 25 * np.sin(3 * turn + 1) + 14 * np.sin(5 * turn)] = 65535
    found = find_perspective(np.full((300, 300, 3), 120, np.uint8), alpha)
    assert found is None or found.roll_confidence < 0.6

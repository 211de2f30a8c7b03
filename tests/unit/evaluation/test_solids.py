"""Rays meet rendered goods where geometry says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.evaluation.truth.solids import Crate, Turned

TIN = Turned(((0.0, 0.0), (0.04, 0.0), (0.04, 0.1), (0.0, 0.1)))
CONE = Turned(((0.0, 0.0), (0.05, 0.0), (0.0, 0.1)))


def along(solid, eye, ray):
    return solid.hits(np.array([eye], float), np.array([ray], float))


@given(st.floats(0.01, 0.09), st.floats(-0.035, 0.035))
def test_level_ray_meets_a_tin_on_its_circle(height, aside):
    hit = along(TIN, (aside, height, -1), (0, 0, 1))
    assert hit.along[0] == pytest.approx(1 - np.sqrt(0.04**2 - aside**2), abs=1e-9)
    assert hit.normal[0] == pytest.approx((aside / 0.04, 0, -np.sqrt(1 - (aside / 0.04) ** 2)), abs=1e-6)


def test_ray_from_above_meets_the_lid():
    hit = along(TIN, (0.01, 1, 0.02), (0, -1, 0))
    assert hit.along[0] == pytest.approx(0.9)
    assert hit.normal[0] == pytest.approx((0, 1, 0))


def test_cone_is_as_wide_as_its_height_says():
    assert along(CONE, (0, 0.05, -1), (0, 0, 1)).along[0] == pytest.approx(0.975)


@pytest.mark.parametrize("solid", [TIN, Crate(0.1, 0.1, 0.1, 30)])
def test_ray_that_passes_by_meets_nothing(solid):
    assert not along(solid, (0.2, 0.05, -1), (0, 0, 1)).met[0]


@given(st.floats(0, 360))
def test_box_is_met_on_its_turned_face(yaw):
    hit = along(Crate(0.1, 0.1, 0.1, yaw), (0, 0.05, -1), (0, 0, 1))
    turn = np.radians((yaw + 45) % 90 - 45)
    assert hit.along[0] == pytest.approx(1 - 0.05 / np.cos(turn), abs=1e-6)

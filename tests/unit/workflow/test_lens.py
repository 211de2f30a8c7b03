"""How circles and edges are seen, held against their own points projected one by one."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.workflow.lens import Lens

pitches = st.floats(0.1, 1.2)
rolls = st.floats(-0.2, 0.2)
focals = st.floats(0.5, 3)
offsets = st.floats(-0.15, 0.15)


def projected(lens: Lens, points: np.ndarray) -> np.ndarray:
    return lens.focal * points[:, :2] / points[:, 2:]


@given(pitches, rolls, focals, offsets, offsets)
def test_flatness_is_that_of_the_ellipse_through_the_circles_points(pitch, roll, focal, x, y):
    lens = Lens(pitch, roll, focal)
    turns = np.linspace(0, 2 * math.pi, 200)
    _, one, other = lens.frame(0.0)
    circle = 0.1 * (np.cos(turns)[:, None] * one + np.sin(turns)[:, None] * other)
    seen = projected(lens, np.array([x, y, 1.0]) + circle)
    axis = np.array([math.sin(0.1), -math.cos(0.1)])
    along, across = seen @ axis, seen @ (-axis[1], axis[0])
    centre, *_ = cv2.fitEllipseDirect((1000 * seen).astype(np.float32))
    found = lens.flatness(np.array(centre) / 1000, np.ptp(across) / 2, axis)
    assert abs(found) == pytest.approx(np.ptp(along) / np.ptp(across), rel=0.01, abs=0.002)


def test_circle_above_the_camera_is_seen_from_below():
    lens = Lens(math.radians(5), 0.0, 1.0)
    axis = np.array([0.0, -1.0])
    assert lens.flatness(np.array([0, 0.2]), 0.1, axis) > 0 > lens.flatness(np.array([0, -0.2]), 0.1, axis)


@given(pitches, rolls, focals, st.floats(0, 1.5), offsets, offsets)
def test_edges_point_to_their_vanishing_points(pitch, roll, focal, yaw, x, y):
    lens = Lens(pitch, roll, focal)
    start = np.array([x, y, 1.0])
    for direction in lens.frame(yaw):
        one, other = projected(lens, np.stack([start, start + 0.01 * direction]))
        toward = lens.toward(one[None], direction[None])[0, 0]
        edge = (other - one) / np.linalg.norm(other - one)
        assert abs(toward[0] * edge[1] - toward[1] * edge[0]) < 1e-5


@given(pitches, rolls, st.floats(0, 1.5))
def test_frame_is_of_right_angles(pitch, roll, yaw):
    frame = Lens(pitch, roll, 1.0).frame(yaw)
    assert frame @ frame.T == pytest.approx(np.eye(3), abs=1e-9)

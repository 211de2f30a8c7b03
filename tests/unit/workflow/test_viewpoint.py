"""What drawn photos tell of pose and pitch."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from services.common.pose import Pose
from services.workflow.perspective import Perspective
from services.workflow.viewpoint import EYE_LEVEL_DEG, Viewpoint, find_viewpoint, own_shadow, with_perspective

SIZE = (400, 300)


def floor(grey=190):
    noise = np.random.default_rng(1).normal(0, 4, (*SIZE, 1))
    return np.clip(grey + noise, 0, 255).astype(np.uint8).repeat(3, axis=2)


def alpha_of(draw):
    mask = np.zeros(SIZE, np.uint8)
    draw(mask)
    return mask.astype(np.uint16) * 257


def shirt(mask):
    outline = [(110, 90), (190, 90), (270, 150), (245, 185), (205, 160), (205, 330), (95, 330), (95, 160), (55, 185),
               (30, 150)]  # fmt: skip
    cv2.fillPoly(mask, [np.array(outline)], 255)


def shirt_on_a_hanger(mask):
    shirt(mask)
    cv2.line(mask, (150, 60), (150, 92), 255, 6)


def bottle(mask):
    cv2.rectangle(mask, (115, 120), (185, 350), 255, -1)
    cv2.rectangle(mask, (135, 60), (165, 120), 255, -1)


def saucer(mask):
    cv2.ellipse(mask, (150, 230), (110, 75), 0, 0, 360, 255, -1)
    cv2.rectangle(mask, (100, 120), (200, 220), 255, -1)


def with_shadow(photo, alpha):
    shade = cv2.GaussianBlur(np.roll(alpha, (26, 22), (0, 1)).astype(np.float32) / 65535, (0, 0), 5)
    return (photo * (1 - 0.75 * shade[..., None])).astype(np.uint8)


def test_shirt_on_the_floor_lies_and_is_seen_from_above():
    found = find_viewpoint(floor(), alpha_of(shirt))
    assert found.pose is Pose.LYING
    assert found.pitch_deg > 65
    assert min(found.pose_confidence, found.pitch_confidence) > 0.6


def test_hook_above_shoulders_hangs():
    found = find_viewpoint(floor(), alpha_of(shirt_on_a_hanger))
    assert (found.pose, found.pitch_deg) == (Pose.HANGING, 0.0)
    assert found.pose_confidence > 0.6


def test_slim_level_thing_stands_at_eye_level():
    found = find_viewpoint(floor(255), alpha_of(bottle))
    assert found.pose is Pose.STANDING
    assert found.pitch_deg == pytest.approx(EYE_LEVEL_DEG, abs=3)


def test_round_base_with_a_shadow_stands_and_is_seen_from_above():
    alpha = alpha_of(saucer)
    found = find_viewpoint(with_shadow(floor(), alpha), alpha)
    assert found.pose is Pose.STANDING
    assert 25 < found.pitch_deg < 60
    assert found.pitch_confidence > 0.6


def test_own_shadow_is_dark_ground_and_not_another_colour():
    alpha = alpha_of(saucer)
    coverage = (alpha / 65535).astype(np.float32)
    beside = floor()
    beside[240:] = (120, 20, 20)
    assert own_shadow(with_shadow(floor(), alpha), coverage) > 0.5
    assert own_shadow(beside, coverage) < 0.2
    assert own_shadow(floor(), coverage) == 0


def test_known_pose_leaves_only_the_pitch_open():
    found = find_viewpoint(floor(), alpha_of(shirt), Pose.STANDING)
    assert (found.pose, found.pose_confidence) == (Pose.STANDING, 1.0)
    assert find_viewpoint(floor(), alpha_of(bottle), Pose.HANGING).pose is Pose.HANGING


@pytest.mark.parametrize("drawn", [lambda mask: None, lambda mask: cv2.circle(mask, (9, 9), 1, 255, -1)])
def test_next_to_nothing_tells_nothing(drawn):
    found = find_viewpoint(floor(), alpha_of(drawn))
    assert (found.pose_confidence, found.pitch_confidence) == (0, 0)


BOX = Perspective(30.0, 2.0, 60.0, 0.95, 0.9, 0.9)
LYING = Viewpoint(Pose.LYING, 0.8, 82.0, 0.9)


def test_solid_stands_whatever_its_outline_says():
    found = with_perspective(LYING, BOX)
    assert (found.pose, found.pitch_deg, found.perspective) == (Pose.STANDING, 30.0, BOX)


@pytest.mark.parametrize(
    "change",
    [{"pitch_confidence": 0.7}, {"pitch_deg": 80.0}, {"pitch_deg": 6.0, "focal_confidence": 0.3}],
    ids=["unsure", "from above", "bent as a hem"],
)
def test_what_may_be_cloth_lies_as_its_outline_says(change):
    assert with_perspective(LYING, replace(BOX, **change)) == LYING


def test_unsure_perspective_leaves_the_outlines_pitch():
    standing = Viewpoint(Pose.STANDING, 0.8, 40.0, 0.7)
    assert with_perspective(standing, replace(BOX, pitch_confidence=0.5)) == standing
    assert with_perspective(standing, BOX).pitch_deg == 30.0

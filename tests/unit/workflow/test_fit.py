"""Which pose and pitch a scene shows."""

from dataclasses import replace

import pytest

from services.common.errors import InvalidInput
from services.common.pose import Pose
from services.generate.scene import SceneCatalog
from services.workflow.fit import Fit, check_named, fit_view
from services.workflow.perspective import Perspective
from services.workflow.viewpoint import Viewpoint

SCENES = SceneCatalog.shipped()
SHOE_FROM_ABOVE = Viewpoint(Pose.STANDING, 0.8, 45.0, 0.8)
GARMENT_FROM_ABOVE = Viewpoint(Pose.LYING, 0.9, 82.0, 0.9)
ON_A_HANGER = Viewpoint(Pose.HANGING, 0.9, 0.0, 0.9)


def fit(scene, viewpoint, pose=None, pitch=None):
    return fit_view(viewpoint, SCENES, SCENES.get(scene), pose, pitch)


def test_scene_that_fits_shows_the_photo_as_it_is():
    assert fit("marble", SHOE_FROM_ABOVE) == Fit(Pose.STANDING, 45.0, 0.8)


def test_shoe_from_above_is_refused_a_podium_and_told_where_it_may_stand():
    with pytest.raises(InvalidInput, match="standing and seen from 45 degrees") as caught:
        fit("podium", SHOE_FROM_ABOVE)
    assert caught.value.details["field"] == "scene_id"
    assert "marble" in caught.value.details["known"]
    assert "podium" not in caught.value.details["known"]


def test_scene_of_its_own_view_stands_in_for_an_unsure_guess():
    unsure = Viewpoint(Pose.STANDING, 0.55, 45.0, 0.5)
    podium = SCENES.get("podium")
    assert fit("podium", unsure) == Fit(Pose.STANDING, podium.pitch.default, 0.5)


def test_pitch_just_outside_the_range_becomes_its_end():
    assert fit("podium", Viewpoint(Pose.STANDING, 0.9, 25.0, 0.9)).pitch_deg == SCENES.get("podium").pitch.max


def test_garment_from_above_hangs_on_a_wall_and_one_on_a_hanger_lies_below():
    assert fit("wall-plaster", GARMENT_FROM_ABOVE).pose is Pose.HANGING
    assert fit("flat-linen", ON_A_HANGER) == Fit(Pose.LYING, 90.0, 0.9)


def test_shoe_is_never_hung_on_a_wall():
    with pytest.raises(InvalidInput, match="wall-plaster"):
        fit("wall-plaster", SHOE_FROM_ABOVE)


def test_named_pose_goes_before_the_photos():
    assert fit("white", GARMENT_FROM_ABOVE, pose=Pose.STANDING).pose is Pose.STANDING
    assert fit("white", GARMENT_FROM_ABOVE, pitch=12.0) == Fit(Pose.LYING, 12.0, 0.9)


def test_named_pose_and_pitch_are_not_guessed():
    assert Fit.named(Pose.LYING, 0.0) == Fit(Pose.LYING, 0.0, 1.0)
    assert Fit.named(Pose.LYING, None) is None


def test_named_pose_that_the_scene_does_not_fit_is_refused():
    with pytest.raises(InvalidInput, match="STANDING, got LYING") as caught:
        check_named(SCENES.get("podium"), Pose.LYING, None)
    assert caught.value.details == {"field": "pose", "known": ["STANDING"]}


def test_named_pitch_that_the_scene_does_not_fit_is_refused():
    with pytest.raises(InvalidInput, match="0 to 22 degrees, got 60") as caught:
        check_named(SCENES.get("podium"), None, 60.0)
    assert caught.value.details["field"] == "camera_pitch_deg"


def test_unsure_pose_from_surely_above_is_refused_a_podium_and_a_wall():
    unsure = Viewpoint(Pose.LYING, 0.5, 82.0, 0.95)
    for scene in ("podium", "wall-plaster"):
        with pytest.raises(InvalidInput):
            fit(scene, unsure)


def test_photo_that_nothing_is_known_of_is_never_refused():
    nothing = Viewpoint(Pose.STANDING, 0.0, 8.0, 0.0)
    for scene in SCENES.scenes:
        assert fit(scene, nothing).pose in SCENES.get(scene).poses


SEEN = Perspective(25.0, 4.0, 85.0, 0.9, 0.8, 0.7)
CUP = Viewpoint(Pose.STANDING, 0.9, 25.0, 0.9, SEEN)


def test_plate_follows_roll_and_lens_that_are_surely_seen():
    assert fit("marble", CUP) == Fit(Pose.STANDING, 25.0, 0.9, 4.0, 85.0, 85.0)


def test_roll_and_lens_that_the_photo_does_not_tell_are_level_and_the_scenes_own():
    unsure = replace(CUP, perspective=replace(SEEN, roll_confidence=0.4, focal_confidence=0.4))
    assert (fit("marble", unsure).roll_deg, fit("marble", unsure).focal_mm) == (0.0, None)


def test_named_roll_and_lens_go_before_the_photos():
    assert fit("marble", CUP).with_lens(-3.0, None) == Fit(Pose.STANDING, 25.0, 0.9, -3.0, 85.0, 85.0)
    assert Fit(Pose.LYING, 80.0, 1.0).with_lens(None, 50.0).focal_mm == 50.0


def test_who_names_the_pitch_has_described_the_camera():
    assert fit("marble", CUP, pitch=12.0) == Fit(Pose.STANDING, 12.0, 0.9)

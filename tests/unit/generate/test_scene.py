from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from services.common.errors import NotFound
from services.common.pose import Pose
from services.generate.scene import Scene, SceneCatalog

FACTS = {
    "id": "plain",
    "title": "Plain",
    "description": "White.",
    "place": "STUDIO",
    "poses": ["STANDING"],
    "pitch": {"min": 0, "max": 90, "default": 10},
    "layout": {"padding": 0.1},
    "backdrop": {
        "kind": "packshot",
        "light": {"azimuth_deg": -120, "elevation_deg": 50, "radius_deg": 20, "distance_m": 2, "key_share": 0.5},
    },
}


def test_shipped_scenes_cover_studio_rooms_outdoors_flat_lays_and_walls() -> None:
    scenes = SceneCatalog.shipped().scenes
    assert len(scenes) >= 16
    assert {"podium", "concrete", "lobby", "hall", "workshop", "shelf"} <= scenes.keys()
    assert {"street", "forest", "sunset-water", "night-lights"} <= scenes.keys()
    assert sum(scene.poses[0] is Pose.LYING and scene.pitch.default > 60 for scene in scenes.values()) >= 3
    assert sum(scene.poses[0] is Pose.HANGING for scene in scenes.values()) >= 2


def test_default_pitches_lie_in_their_range() -> None:
    for scene in SceneCatalog.shipped().scenes.values():
        assert scene.pitch.min <= scene.pitch.default <= scene.pitch.max


def test_an_unknown_scene_is_answered_with_the_known_ones() -> None:
    with pytest.raises(NotFound, match="marble") as caught:
        SceneCatalog.shipped().get("moon")
    assert "sweep" in caught.value.details["known"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("id", "Not A Slug"), ("poses", []), ("backdrop", {"kind": "hologram"}), ("colour", "#ffffff")],
)
def test_a_wrong_scene_file_is_refused(field: str, value: object) -> None:
    with pytest.raises(ValidationError):
        Scene.model_validate(FACTS | {field: value})


def test_a_pitch_range_out_of_order_is_refused() -> None:
    with pytest.raises(ValidationError, match="default"):
        Scene.model_validate(FACTS | {"pitch": {"min": 20, "max": 40, "default": 10}})


def test_an_operators_scenes_stand_beside_the_shipped_ones(tmp_path: Path) -> None:
    (tmp_path / "plain.yaml").write_text(yaml.safe_dump(FACTS))
    (tmp_path / "notes.txt").write_text("none")
    assert SceneCatalog.open(tmp_path).scenes.keys() - SceneCatalog.open(None).scenes.keys() == {"plain"}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("marble.yaml", yaml.safe_dump(FACTS | {"id": "marble"}), "already"),
        ("other.yaml", yaml.safe_dump(FACTS), "must agree"),
        ("plain.yaml", "id: [", "no scene file"),
        ("plain.yaml", "id: plain", "no scene file"),
    ],
)
def test_an_operators_file_that_is_no_new_scene_is_refused(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=message):
        SceneCatalog.open(tmp_path)


def test_a_missing_folder_of_scenes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="scenes_dir"):
        SceneCatalog.open(tmp_path / "none")

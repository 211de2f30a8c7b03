import pytest
from pydantic import ValidationError

from services.common.errors import NotFound
from services.generate.scene import Scene, SceneCatalog

FACTS = {
    "id": "plain",
    "title": "Plain",
    "description": "White.",
    "poses": ["STANDING"],
    "pitch": {"min": 0, "max": 90, "default": 10},
    "layout": {"padding": 0.1},
    "backdrop": {
        "kind": "packshot",
        "light": {"azimuth_deg": -120, "elevation_deg": 50, "radius_deg": 20, "distance_m": 2, "key_share": 0.5},
    },
}


def test_six_scenes_are_shipped() -> None:
    assert list(SceneCatalog.shipped().scenes) == [
        "marble", "park-stone", "sweep", "white", "window-gobo", "wood-living-room",
    ]  # fmt: skip


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

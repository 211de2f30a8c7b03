"""Claims before they are signed."""

from services.provenance.manifest import FILE_DIGEST, ingredients, manifest_definition
from services.provenance.origin import Part, arranged_origin, cutout_origin, scene_origin, shot_origin

PHOTO, BACKGROUND = Part("The photo", "aa"), Part("The background", "bb")


def claim(origin):
    return manifest_definition(origin, "image/png", {"name": "Vitrine", "version": "1"})


def actions(origin):
    return claim(origin)["assertions"][0]["data"]["actions"]


def test_picture_made_from_a_photo_opens_it_and_then_edits_it():
    origin = cutout_origin(PHOTO)
    opened, edited = actions(origin)
    assert opened == {"action": "c2pa.opened", "parameters": {"ingredientIds": ["opened"]}}
    assert edited == {
        "action": "c2pa.edited", "digitalSourceType": origin.source.uri, "description": "The background was removed.",
    }  # fmt: skip


def test_background_of_the_callers_is_placed():
    made = shot_origin(PHOTO, BACKGROUND, drawn=False)
    assert [each["action"] for each in actions(made)] == ["c2pa.opened", "c2pa.placed", "c2pa.edited"]
    assert [each["relationship"] for each in claim(made)["ingredients"]] == ["parentOf", "componentOf"]


def test_scene_made_from_nothing_is_created():
    [created] = actions(scene_origin())
    assert created["action"] == "c2pa.created"
    assert claim(scene_origin())["ingredients"] == []


def test_ingredient_is_known_by_the_digest_of_its_file():
    [photo] = claim(cutout_origin(PHOTO))["ingredients"]
    assert photo["metadata"] == {FILE_DIGEST: "aa"}


def test_file_that_goes_along_is_left_to_be_added_with_it():
    origin = arranged_origin(Part.own("The cutout", b"a file"), BACKGROUND, filled=False)
    assert [each["title"] for each in claim(origin)["ingredients"]] == ["The background"]
    assert [told["title"] for told, _ in ingredients(origin)] == ["The cutout", "The background"]

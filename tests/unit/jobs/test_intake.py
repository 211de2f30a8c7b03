"""Items are checked with the recipe, every fault is told, and what is checked once is not checked again."""

import dataclasses
import hashlib
import json

import pytest

from services.api.jobs import JobItemSpec
from services.api.studio import CreateCutoutRequest, CreateShotRequest
from services.common.errors import InvalidInput, NotFound, TooLarge, UnsupportedMedia
from services.jobs import intake
from services.jobs.intake import Intake, inline
from services.jobs.recipe import request_of
from services.jobs.schema import Task
from tests.support.intakes import checks
from tests.support.memory_blobs import MemoryBlobs

URL = {"url": "https://a.example/x.jpg"}
FOLDER = "uploads/acme/j1"


@pytest.fixture
def taken():
    """Makes the intake of a job."""

    def make(recipe=None, *, tenant="acme", **limits):
        recipe = CreateShotRequest.model_validate(recipe or {"scene_id": "white"})
        return Intake(checks(MemoryBlobs(), **limits), recipe, tenant, "j1")

    return make


def gathered(taken, *items, most=100, **options):
    specs = [JobItemSpec.model_validate({"image": URL, **item}) for item in items]
    return taken.gather(inline(specs), most, **options)


def faults(*given, **options):
    return [(fault.number, fault.key, fault.field) for fault in gathered(*given, **options).faults]


def test_item_is_kept_as_it_says(taken):
    [item] = gathered(taken(), {"key": "a", "shot": {"canvas": {"padding": 0.1}, "seed": None}}).items
    assert (item.key, json.loads(item.image)) == ("a", URL)
    assert json.loads(item.overrides) == {"canvas": {"padding": 0.1}}


def test_item_without_a_key_gets_its_number(taken):
    assert [each.key for each in gathered(taken(), {}, {"key": "b"}, {}).items] == ["0", "b", "2"]


def test_item_of_a_job_that_has_some_is_numbered_by_the_job(taken):
    assert [each.key for each in gathered(taken(), {}, {}, numbered=False).items] == ["", ""]


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({"image": {}}, "image"),
        ({"image": {"url": "https://10.0.0.1/x"}}, "image.url"),
        ({"image": {"url": "http://a.example/x"}}, "image.url"),
        ({"image": {"url": "file:///etc/passwd"}}, "image.url"),
        ({"image": {"url": "s3://bucket/key"}}, "image.url"),
        ({"image": {"blob_key": "uploads/other/x"}}, "image.blob_key"),
        ({"image": {"content": b"none"}}, "image.content"),
        ({"cutout": {"crop": True}}, "cutout"),
        ({"lint": {"fix": True}}, "lint"),
        ({"shot": {"image": URL}}, "shot.image"),
        ({"shot": {"scene_id": "nowhere"}}, "shot.scene_id"),
        ({"shot": {"recolour": {"mask": URL}}}, "shot.recolour.to"),
        ({"shot": {"canvas": {"width": 9000, "height": 90}}}, "shot.canvas.width"),
        ({"shot": {"reference": {"url": "https://169.254.169.254/x"}}}, "shot.reference.url"),
        ({"shot": {"selection": {"keep_mask": {"content": b"none"}}}}, "shot.selection.keep_mask.content"),
    ],
)
def test_fault_names_item_and_field(taken, item, field):
    assert faults(taken(), {"key": "good"}, {"key": "bad", **item}) == [(1, "bad", field)]


def test_override_is_judged_together_with_the_recipe(taken):
    recipe = {"scene_id": "flat-linen", "canvas": {"padding": 0.1}}
    assert faults(taken(recipe), {"shot": {"pose": "LYING"}}, {"shot": {"pose": "HANGING"}}) == [(1, "1", "shot.pose")]


def test_key_of_another_item_is_a_fault(taken):
    assert faults(taken(), {"key": "a"}, {"key": "2"}, {}, {"key": "a"}) == [(2, "2", "key"), (3, "a", "key")]


def test_faults_are_bounded(taken):
    assert len(faults(taken(), *[{"image": {}}] * 9, most=4)) == 4


def test_first_faults_are_the_errors(taken):
    with pytest.raises(InvalidInput, match=r"item 1, key 'b': image: it is missing") as caught:
        gathered(taken(), {}, {"key": "b", "image": {}}, {"image": {}}).require()
    assert caught.value.details["field"] == "items.1.image"
    assert [each["field"] for each in caught.value.details["findings"]] == ["items.1.image", "items.2.image"]


def test_too_many_items_are_refused(taken, monkeypatch):
    monkeypatch.setattr(intake, "MAX_ITEMS", 2)
    assert len(gathered(taken(), {}, {}).items) == 2
    with pytest.raises(TooLarge):
        gathered(taken(), {}, {}, {})


def test_recipe_that_is_not_complete_will_do_for_items_that_complete_it(taken):
    recipe = {"canvas": {"padding": 0.1}}
    assert not gathered(taken(recipe), {"shot": {"scene_id": "white"}}).faults
    with pytest.raises(InvalidInput) as caught:
        gathered(taken(recipe), {"shot": {"scene_id": "white"}}, {})
    assert caught.value.details["field"] == "shot.scene_id"


@pytest.mark.parametrize(
    ("recipe", "error", "field"),
    [
        ({"image": URL}, InvalidInput, "shot.image"),
        ({"reference": {"content": b"none"}}, UnsupportedMedia, "shot.reference.content"),
    ],
)
def test_recipe_is_checked_first(taken, recipe, error, field):
    with pytest.raises(error) as caught:
        taken({"scene_id": "white", **recipe})
    assert caught.value.details["field"] == field


def test_recipe_may_name_no_hostile_address(taken):
    with pytest.raises(NotFound) as caught:
        taken({"scene_id": "white", "reference": {"blob_key": "shots/other/a"}}).check_recipe()
    assert caught.value.details["field"] == "shot.reference.blob_key"


def test_cover_that_can_not_be_set_is_refused_before_any_item(taken):
    with pytest.raises(InvalidInput) as caught:
        taken({"scene_id": "white", "cover": {"masthead": "\u4e2d"}}).check_recipe()
    assert (caught.value.details["field"], caught.value.details["got"]) == ("shot.cover.masthead", "U+4E2D")


def test_bytes_get_a_place_and_are_named_by_it(taken, photo):
    job = taken({"scene_id": "white", "reference": {"content": photo}})
    masks = {
        "selection": {"keep_mask": {"content": photo}},
        "recolour": {"to": "red", "mask": {"content": photo}},
    }
    [item] = gathered(job, {"image": {"content": photo}, "shot": masks}).items
    key = f"{FOLDER}/{hashlib.sha256(photo).hexdigest()}"
    assert job.contents == {key: photo}
    task = Task("acme", "j1", 0, "0", 1, 1, "shot", job.recipe, item.overrides, item.image)
    asked = request_of(task)
    masks_asked = {asked.selection.keep_mask.blob_key, asked.recolour.mask.blob_key}
    assert {asked.image.blob_key, asked.reference.blob_key} | masks_asked == {key}


def test_photo_that_is_too_large_is_a_fault(taken, photo):
    job = taken(max_image_bytes=1024)
    assert faults(job, {"image": {"content": photo}}) == [(0, "0", "image.content")]
    assert job.contents == {}


@pytest.mark.parametrize("own", [None, {"canvas": {"padding": 0.1}}])
def test_what_items_share_is_checked_once(own):
    seen = []
    watched = dataclasses.replace(checks(MemoryBlobs()), request=lambda request, tenant: seen.append(request))
    job = Intake(watched, CreateShotRequest(scene_id="white"), "acme", "j1")
    gathered(job, *[{"shot": own} if own else {}] * 5)
    assert len(seen) == 1


def test_sizes_are_known_as_far_as_they_are_named(taken):
    sized = {"shot": {"canvas": {"width": 1000, "height": 500}}}
    found = gathered(taken(), sized, sized, {})
    assert (found.megapixels, found.unsized) == (1.0, 1)


def test_cutouts_take_cutouts(photo):
    job = Intake(checks(MemoryBlobs()), CreateCutoutRequest(crop=True), "acme", "j1")
    found = gathered(job, {"cutout": {"padding": 0.2}}, {"shot": {}}, {"cutout": {"output": {"format": "JPEG"}}})
    assert [(each.number, each.field) for each in found.faults] == [(1, "shot"), (2, "cutout.output.format")]

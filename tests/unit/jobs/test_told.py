"""What callers are told of jobs and items."""

import pytest

from services.api import jobs as api
from services.api.common import Blob
from services.api.lint import LintFix, LintPhotoResponse
from services.api.studio import CreateCutoutResponse, CreateShotResponse
from services.jobs.states import ItemState
from services.jobs.told import item_told, job_told, time_told, with_addresses
from tests.support.job_rows import item_row, job_row
from tests.support.memory_blobs import MemoryBlobs


def test_job_tells_its_recipe_and_counts():
    told = job_told(job_row(4, queued=1, waiting=2, running=1, recipe='{"scene_id": "marble"}'), "quota_exceeded")
    assert told.shot.scene_id == "marble"
    assert told.cutout is None
    assert (told.counts.queued, told.counts.running, told.counts.total) == (3, 1, 4)
    assert told.waiting_for == "quota_exceeded"


def test_item_tells_its_result_in_its_methods_words():
    shot = item_told(item_row(0, state="SUCCEEDED", result=CreateShotResponse(seed=5).model_dump_json()), "shot")
    cutout = item_told(item_row(0, state="SUCCEEDED", result=CreateCutoutResponse().model_dump_json()), "cutout")
    assert (shot.shot.seed, shot.cutout) == (5, None)
    assert (cutout.shot, cutout.cutout) == (None, CreateCutoutResponse())


@pytest.mark.parametrize("image", [Blob(key="fixes/local/a.jpg"), None], ids=["mended", "told only"])
def test_verdict_of_an_item_has_the_address_of_what_was_mended(image):
    result = LintPhotoResponse(rule_set="ebay", fix=LintFix(image=image))
    told = item_told(item_row(0, state="SUCCEEDED", result=result.model_dump_json()), "lint")
    told = with_addresses(told, MemoryBlobs())
    assert told.lint.rule_set == "ebay"
    assert (told.picture and told.picture.url) == (image and "memory:fixes/local/a.jpg")


@pytest.mark.parametrize(("code", "retryable"), [("overloaded", True), ("product_not_found", False)])
def test_item_tells_why_it_failed_and_whether_it_may_help_to_try_again(code, retryable):
    told = item_told(item_row(0, state="FAILED", error_code=code, error="why"), "shot")
    assert told.error == api.ItemError(code=code, message="why", retryable=retryable)


def test_waiting_item_is_queued_and_tells_until_when():
    told = item_told(item_row(0, state=ItemState.WAITING, retry_at_s=90.5), "shot")
    assert (told.state, told.retry_time) == (api.ItemState.QUEUED, "1970-01-01T00:01:30.500Z")


def test_item_never_tells_its_photos_bytes():
    assert item_told(item_row(0, image='{"url": "https://shop.example/a.jpg"}'), "shot").image.content == b""


def test_time_is_told_in_utc_and_nothing_is_nothing():
    assert time_told(1_700_000_000.1239) == "2023-11-14T22:13:20.123Z"
    assert time_told(None) == ""

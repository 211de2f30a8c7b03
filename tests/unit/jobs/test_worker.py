"""One item's picture, through the same walk as calls that somebody waits for."""

import asyncio
import json
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from services.common.errors import ContentRefused, Internal, InvalidInput, ProductNotFound, StorageUnavailable
from services.common.metrics import Recorder, Silent
from services.common.settings import GenerateSettings
from services.jobs.courtesy import Courtesy
from services.jobs.errand import Errand
from services.jobs.worker import Worker
from services.tenants.content import ContentPolicy
from services.workflow.content import ContentGuard
from services.workflow.drawing import DrawingPolicy
from tests.support.fake_claimant import task
from tests.support.gateway_parts import Parts
from tests.support.photos import encoded


class Scores:
    """A classifier that gives these, one after the other."""

    def __init__(self, *scores):
        self.scores = list(scores)

    def classify(self, image):
        return SimpleNamespace(nsfw=self.scores.pop(0))


@pytest.fixture
def made(tmp_path, photo):
    """Parts, a worker on them, and the photo's place."""

    async def nobody():
        return False

    def make(classifier=None, patience_s=0.0, **fakes):
        parts = Parts(tmp_path, classifier=classifier, **fakes)
        courtesy = Courtesy(nobody, 0.0, Recorder(Silent))
        content = ContentGuard(ContentPolicy(0.8, classifier), parts.store)
        parts.worker = Worker(
            parts.workflow, lambda: Errand(parts.fakes.stages, courtesy), content, parts.store, patience_s
        )
        parts.photo = parts.store.put("shots/local/photo.jpg", photo, "image/jpeg").key
        return parts

    return make


def shot(parts, recipe=None, **options):
    """A task for a small shot."""
    recipe = {"scene_id": "white", "canvas": {"width": 96, "height": 96}} | (recipe or {})
    fields = {"method": "shot", "recipe": json.dumps(recipe), "image": json.dumps({"blob_key": parts.photo})}
    return task(**fields | options)


def pictures(parts, folder):
    return [each.key for each in parts.store.under(f"{folder}/local/job")]


async def test_shot_lies_in_its_jobs_folder(made):
    parts = made()
    outcome = await parts.worker.outcome(shot(parts, number=3, fence=2))
    assert outcome.answer.image.key.startswith("shots/local/job/3-2-")
    assert outcome.work.items == 1
    assert outcome.work.stage_s["postprocess"] == 0.25


async def test_cutout_is_made_too(made):
    parts = made()
    outcome = await parts.worker.outcome(replace(shot(parts), method="cutout", recipe="{}"))
    assert outcome.answer.image.key.startswith("cutouts/local/job/0-1-")


async def test_photo_is_held_against_rules_too(made):
    parts = made(failing={"lint": 1})
    task = replace(shot(parts), method="lint", recipe=json.dumps({"rule_set": "ebay", "fix": True}))
    outcome = await parts.worker.outcome(task)
    assert not outcome.answer.verdict.passed
    assert outcome.answer.picture.key.startswith("fixes/local/job/0-1-")
    assert outcome.work.megapixels > 0


async def test_photo_that_was_only_looked_at_is_an_item_of_no_megapixels(made):
    parts = made()
    task = replace(shot(parts), method="lint", recipe='{"rule_set": "ebay"}')
    outcome = await parts.worker.outcome(task)
    assert (outcome.work.items, outcome.work.megapixels, outcome.work.bytes_out) == (1, 0, 0)


async def test_verdict_without_a_picture_passes_the_content_policy(made):
    parts = made(Scores(0.1))
    task = replace(shot(parts, content_policy=True), method="lint", recipe='{"rule_set": "ebay"}')
    assert (await parts.worker.outcome(task)).answer.verdict.passed


async def test_error_is_told_with_the_time_that_stages_spent(made):
    parts = made(confidence=0)
    outcome = await parts.worker.outcome(shot(parts))
    assert isinstance(outcome.error, ProductNotFound)
    assert outcome.work.items == 0
    assert list(outcome.work.stage_s) == ["segment"]


@pytest.mark.parametrize(("overrides", "wanted"), [(None, True), ('{"upscale": false}', False)], ids=["recipe", "item"])
async def test_background_is_enlarged_as_recipe_and_item_say(made, overrides, wanted):
    parts = made()
    parts.workflow._drawings = DrawingPolicy(GenerateSettings(upscale={"network": "any", "unasked": not wanted}))
    await parts.worker.outcome(shot(parts, recipe={"upscale": True}, overrides=overrides))
    assert parts.fakes.requests["generate"].upscale is wanted


#: What only a photo can show: what is asked for, what the stages find, and how the item tells of it.
FOUND_AT_WORK = {
    "recolour: a mask of another size": (
        {"recolour": {"to": "red", "mask": {"blob_key": "shots/local/mask.png"}}}, {}, "invalid_input",
        "the mask of what to recolour is 8 x 6",
    ),
    "recolour: a mask that is not there": (
        {"recolour": {"to": "red", "mask": {"blob_key": "shots/local/no.png"}}}, {}, "not_found", "no blob",
    ),
    "mannequin: no garment": (
        {"selection": {"ghost_mannequin": True}}, {"confidence": 0}, "product_not_found", "no garment is left",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FOUND_AT_WORK)
async def test_fault_that_only_the_photo_shows_is_its_items(made, fault):
    recipe, fakes, code, words = FOUND_AT_WORK[fault]
    parts = made(**fakes)
    parts.store.put("shots/local/mask.png", encoded(np.full((6, 8, 3), 255, np.uint8), "PNG"), "image/png")
    outcome = await parts.worker.outcome(shot(parts, recipe=recipe))
    assert (outcome.answer, outcome.error.code) == (None, code)
    assert words in outcome.error.message


async def test_request_that_is_none_is_told(made):
    parts = made()
    outcome = await parts.worker.outcome(shot(parts, recipe={"scene_id": 7}))
    assert isinstance(outcome.error, InvalidInput)


async def test_unknown_error_tells_nothing_of_itself(made):
    parts = made(faults={"generate": ValueError("at 10.0.0.1, pid 7")})
    outcome = await parts.worker.outcome(shot(parts))
    assert isinstance(outcome.error, Internal)
    assert "10.0.0.1" not in outcome.error.message


async def test_photo_is_looked_at_where_the_tenant_has_the_policy(made):
    parts = made(Scores(0.9))
    outcome = await parts.worker.outcome(shot(parts, content_policy=True))
    assert isinstance(outcome.error, ContentRefused)
    assert parts.fakes.requests == {}


async def test_picture_that_is_refused_is_removed(made):
    parts = made(Scores(0.1, 0.9))
    outcome = await parts.worker.outcome(shot(parts, content_policy=True))
    assert isinstance(outcome.error, ContentRefused)
    assert pictures(parts, "shots") == []


async def test_item_that_waits_for_others_gets_its_time_back(made):
    parts = made(patience_s=1000.0)
    before = time.time()
    await parts.worker.outcome(shot(parts, recipe={"timeout": "20s"}))
    assert 1015 < parts.fakes.requests["segment"].deadline_s - before < 1030


async def test_cancelled_item_leaves_nothing_behind(made):
    parts = made(slow={"postprocess": asyncio.Event()})
    making = asyncio.create_task(parts.worker.outcome(shot(parts)))
    await parts.fakes.reached("postprocess")
    making.cancel()
    with pytest.raises(asyncio.CancelledError):
        await making
    assert parts.fakes.cancelled == ["postprocess"]
    assert pictures(parts, "shots") == []


async def test_files_of_an_answer_are_removed(made):
    parts = made()
    outcome = await parts.worker.outcome(shot(parts, recipe={"layers": ["SHADOW"]}))
    assert len(pictures(parts, "shots")) == 2
    await parts.worker.discard(outcome.answer)
    assert pictures(parts, "shots") == []


async def test_files_that_cant_be_removed_are_left_to_the_sweeper(made, monkeypatch):
    parts = made()
    outcome = await parts.worker.outcome(shot(parts))

    def refuse(keys):
        raise StorageUnavailable("the store does not answer")

    monkeypatch.setattr(parts.store, "delete", refuse)
    await parts.worker.discard(outcome.answer)

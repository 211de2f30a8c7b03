import json

import pytest

from services.api.common import Blob, ImageSource
from services.api.jobs import Job, JobItem
from services.api.studio import CreateShotRequest, CreateShotResponse
from services.common.errors import InvalidInput
from services.webhooks.events import CHOICES, MAX_PAYLOAD_BYTES, Event, chosen, payload


def test_choice_is_stored_once_and_in_one_order():
    assert chosen(["item.failed", "job.done", "item.failed"]) == "job.done,item.failed"


@pytest.mark.parametrize("names", [[], ["job.done", "job.started"], ["webhook.ping"], [""]])
def test_choice_without_a_known_event_is_refused(names):
    with pytest.raises(InvalidInput) as caught:
        chosen(names)
    assert caught.value.details == {"field": "events", "known": list(CHOICES)}


def test_payload_has_the_specifications_three_members():
    text = payload(Event.JOB_DONE, 1_800_000_000.25, job=Job(job_id="j1", name="caf\u00e9"))
    told = json.loads(text)
    assert (told["type"], told["timestamp"]) == ("job.done", "2027-01-15T08:00:00.250Z")
    assert told["data"]["job"]["name"] == "caf\u00e9"
    assert "shortened" not in told["data"]


def test_no_signed_address_is_in_a_payload():
    item = JobItem(
        number=3, image=ImageSource(url="https://bucket.example/a.jpg?X-Amz-Signature=secret"),
        shot=CreateShotResponse(image=Blob(key="shots/a.png", url="http://here/a.png?signature=secret")),
    )  # fmt: skip
    text = payload(Event.ITEM_SUCCEEDED, 0.0, job_id="j1", item=item)
    assert "secret" not in text
    assert json.loads(text)["data"]["item"]["image"]["url"] == "https://bucket.example/a.jpg"


def test_payload_that_would_be_too_long_leaves_the_recipe_out_and_says_so():
    job = Job(job_id="j1", shot=CreateShotRequest(scene_id="white", prompt="\u00e4" * 2000, negative_prompt="b" * 2000))
    long = job.model_copy(update={"shot": job.shot.model_copy(update={"prompt": "\u00e4" * MAX_PAYLOAD_BYTES})})
    whole, short = (json.loads(payload(Event.JOB_DONE, 0.0, job=each))["data"] for each in (job, long))
    assert whole["job"]["shot"]["scene_id"] == "white"
    assert (short["shortened"], short["job"]["job_id"]) == (True, "j1")
    assert "shot" not in short["job"]

"""Jobs as callers have them, on the real service: from files to pictures, streams both ways, events that go on."""

import contextlib
import json
import threading
import time

import grpc
import httpx
import pytest

from services.client import CreateShotRequest, ItemState, JobItemSpec, JobState, Vitrine, jobs
from services.codecs.opener import image_size_hw
from services.common.errors import WrongState
from services.common.image import ImageFormat
from services.pb.vitrine.v1 import jobs_pb2, jobs_pb2_grpc
from tests.support.running_service import PATIENCE_S, details_of
from tests.support.signing import read_store

pytestmark = pytest.mark.service

SHOT = CreateShotRequest.model_validate({"scene_id": "white", "canvas": {"width": 200, "height": 160}})


@pytest.fixture(scope="module")
def client(service):
    with Vitrine(service.grpc_address, timeout_s=PATIENCE_S) as vitrine:
        yield vitrine


@pytest.fixture
def photo_file(photo, tmp_path):
    path = tmp_path / "cup.jpg"
    path.write_bytes(photo)
    return path


@pytest.fixture
def open_job(client):
    """A job that is paused and takes items."""
    job_id = client.jobs.create([], SHOT, open=True).job.job_id
    client.jobs.pause(job_id)
    yield job_id
    with contextlib.suppress(WrongState):  # where it is done
        client.jobs.cancel(job_id)


def specs(key, *names):
    return [JobItemSpec.model_validate({"key": name, "image": {"blob_key": key}}) for name in names]


def test_files_become_pictures(client, photo_file):
    made = client.jobs.create([photo_file, photo_file], SHOT, name="cups", key="cups-1")
    changes = list(client.jobs.watch(made.job.job_id))
    assert (changes[-1].job.state, changes[-1].job.counts.succeeded) == (JobState.DONE, 2)
    items = list(client.jobs.items(made.job.job_id, states=[ItemState.SUCCEEDED]))
    pictures = [client.read_blob(item.shot.image.key) for item in items]
    assert [image_size_hw(picture) for picture in pictures] == [(160, 200)] * 2
    assert [read_store(picture, "image/jpeg")["validation_state"] for picture in pictures] == ["Valid"] * 2
    lines = client.jobs.manifest(made.job.job_id).splitlines()
    assert [json.loads(line)["state"] for line in lines] == ["SUCCEEDED"] * 2
    client.jobs.delete(made.job.job_id)
    assert made.job.job_id not in {job.job_id for job in client.jobs.list()}


def test_stream_of_items_comes_through_once(client, open_job, photo_file, monkeypatch):
    monkeypatch.setattr(jobs, "MESSAGE_BYTES", 1)  # each item a message
    key = client.jobs.upload(photo_file)
    added = client.jobs.add(open_job, specs(key, "a", "b", "c"))
    again = client.jobs.add(open_job, specs(key, "b", "c", "d"), close=True)
    assert (added.added, again.added, again.known) == (3, 1, 2)
    assert (again.job.open, again.job.counts.total) == (False, 4)


def test_bytes_in_a_stream_that_are_no_message_are_told(service, open_job):
    message = jobs_pb2.AddJobItemsRequest(job_id=open_job).SerializeToString()
    call = service.channel.stream_unary("/vitrine.v1.JobService/AddJobItems")
    with pytest.raises(grpc.RpcError) as caught:
        call(iter([message, b"\x0a\xff\xff\xff"]), timeout=PATIENCE_S)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert details_of(caught.value)["ErrorInfo"].reason == "INVALID_INPUT"


def test_faulty_item_in_a_stream_is_named(client, service, open_job, photo_file):
    key = client.jobs.upload(photo_file)
    stub = jobs_pb2_grpc.JobServiceStub(service.channel)
    items = [{"key": "a", "image": {"blob_key": key}}, {"key": "a b", "image": {"blob_key": key}}]
    with pytest.raises(grpc.RpcError) as caught:
        stub.AddJobItems(iter([jobs_pb2.AddJobItemsRequest(job_id=open_job, items=items)]), timeout=PATIENCE_S)
    assert details_of(caught.value)["BadRequest"].field_violations[0].field == "items.1.key"


def test_caller_who_leaves_a_stream_leaves_what_came_before(client, service, open_job, photo_file):
    key = client.jobs.upload(photo_file)
    item = {"key": "a", "image": {"blob_key": key}}
    left = threading.Event()

    def messages():
        yield jobs_pb2.AddJobItemsRequest(job_id=open_job, items=[item])
        left.wait(PATIENCE_S)

    metadata = [("request_id", "leaver-1")]
    call = jobs_pb2_grpc.JobServiceStub(service.channel).AddJobItems.future(messages(), metadata=metadata)
    limit = time.monotonic() + PATIENCE_S
    while client.jobs.get(open_job).counts.total == 0 and time.monotonic() < limit:
        time.sleep(0.1)
    call.cancel()
    left.set()
    [answered] = [line for line in service.wait_for_answer("leaver-1") if line["event"] == "request answered"]
    assert answered["outcome"] == "cancelled"
    job = client.jobs.get(open_job)
    assert (job.open, job.counts.total) == (True, 1)


def events_of(response, count):
    """The first events of a stream: name, id and data."""
    found, lines = [], {}
    for line in response.iter_lines():
        if line:
            name, _, text = line.partition(": ")
            lines[name] = text
        elif "event" in lines:
            found.append((lines["event"], lines["id"], json.loads(lines["data"])))
            lines = {}
            if len(found) == count:
                break
    return found


def test_events_go_on_where_they_broke_and_end_with_the_job(client, service, open_job, photo_file):
    url = f"/v1/jobs/{open_job}/events"
    with service.http.stream("GET", url) as response:
        [(name, last, job)] = events_of(response, 1)
    assert (name, job["state"]) == ("job", "PAUSED")
    client.jobs.add(open_job, specs(client.jobs.upload(photo_file), "a"), close=True)
    client.jobs.resume(open_job)
    with service.http.stream("GET", url, headers={"Last-Event-ID": last}) as response:
        told = events_of(response, 100)
    assert told[-1][0] == "job"
    assert (told[-1][2]["state"], told[-1][2]["counts"]["succeeded"]) == ("DONE", 1)
    assert any(name == "item" and data["state"] == "SUCCEEDED" for name, _, data in told)
    assert service.http.get(url, headers={"Last-Event-ID": told[-1][1]}).status_code == 204


def test_picture_made_later_is_found_where_the_answer_says(service, photo):
    form = {"scene_id": "white", "canvas.width": "200", "canvas.height": "160"}
    headers = {"Prefer": "respond-async", "Idempotency-Key": "later-1", "Accept": "image/png"}
    first, again = (
        service.http.post("/v1/shots", files={"image": ("a.jpg", photo)}, data=form, headers=headers) for _ in range(2)
    )
    assert (first.status_code, first.headers["preference-applied"]) == (202, "respond-async")
    assert first.headers["location"] == again.headers["location"]
    limit = time.monotonic() + PATIENCE_S
    while service.http.get(first.headers["location"]).json()["job"]["state"] != "DONE" and time.monotonic() < limit:
        time.sleep(0.2)
    [item] = service.http.get(f"{first.headers['location']}/items").json()["items"]
    assert item["shot"]["image"]["media_type"] == ImageFormat.PNG.media_type
    assert httpx.get(item["shot"]["image"]["url"]).content.startswith(b"\x89PNG")


def test_lines_of_items_are_taken_over_http(client, service, open_job, photo_file):
    key = client.jobs.upload(photo_file)
    lines = "".join(json.dumps({"key": f"k{n}", "image": {"blob_key": key}}) + "\n" for n in range(1200))
    headers = {"Content-Type": "application/jsonl"}
    answer = service.http.post(f"/v1/jobs/{open_job}/items?close=true", content=lines, headers=headers).json()
    assert (answer["added"], answer["job"]["open"]) == (1200, False)

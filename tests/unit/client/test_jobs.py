"""Jobs from both clients, over a real socket, against services that answer from a script."""

import grpc
import pytest
from google.rpc import code_pb2

from services.client import (
    CreateCutoutRequest,
    CreateShotRequest,
    ImageSource,
    ItemState,
    JobItemSpec,
    JobState,
    ManifestFormat,
    jobs,
)
from services.common.errors import Conflict, Forbidden, InvalidInput, NotReady
from services.pb.vitrine.v1 import jobs_pb2
from tests.support.canned_jobs import item
from tests.support.canned_service import PICTURE, Fault, rich_status
from tests.support.put_server import PutServer

SHOT = CreateShotRequest(scene_id="marble")
BROKEN = Fault(code=grpc.StatusCode.UNAVAILABLE)


@pytest.fixture
def store(service):
    with PutServer() as server:
        service.jobs.upload_url = server.url
        yield server


def specs(count):
    return [JobItemSpec(image=ImageSource(url=f"https://a.example/{n}.jpg")) for n in range(count)]


def test_job_is_made_of_addresses_bytes_and_items(call, service):
    made = call(
        "jobs.create",
        ["https://a.example/a.jpg", b"photo", JobItemSpec(key="c", image=ImageSource(blob_key="shots/local/c.jpg"))],
        SHOT,
        name="spring",
        priority=5,
        keep=3600.0,
    )
    assert (made.job.job_id, made.job.state, made.estimate.cost) == ("j1", JobState.ACTIVE, 1.5)
    [request] = service.requests
    assert (request.shot.scene_id, request.name, request.priority, request.keep.seconds) == (
        "marble",
        "spring",
        5,
        3600,
    )
    assert [each.key for each in request.items] == ["", "", "c"]
    assert request.items[1].image.content == b"photo"


def test_job_of_cutouts_is_told_by_its_recipe(call, service):
    call("jobs.create", ["https://a.example/a.jpg"], CreateCutoutRequest(crop=True))
    assert service.requests[0].WhichOneof("recipe") == "cutout"


def test_own_key_goes_with_the_request(call, service):
    call("jobs.create", specs(1), SHOT, key="order-7")
    assert service.jobs.keys == ["order-7"]


def test_files_are_put_into_the_store_first(call, service, store, tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"a photo")
    call("jobs.create", [tmp_path / "a.jpg", str(tmp_path / "a.jpg")], SHOT)
    assert [each.image.blob_key for each in service.jobs.specs] == ["uploads/local/u1", "uploads/local/u2"]
    content, headers = store.files["/u1"]
    assert (content, headers["Content-Type"]) == (b"a photo", "image/jpeg")


def test_check_sends_no_file(call, service, store, tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"a photo")
    made = call("jobs.create", [tmp_path / "a.jpg"] * 3, SHOT, validate_only=True)
    assert (made.faults[0].field, made.estimate.duration) == ("image.url", 90.0)
    assert not store.files


@pytest.mark.parametrize(
    "faults", [[], [Fault(rich_status("not_ready", retry_after_s=0.01), after=2)]], ids=["", "broken"]
)
def test_more_items_than_fit_into_a_call_are_streamed_once(call, service, monkeypatch, faults):
    monkeypatch.setattr(jobs, "ONE_CALL_BYTES", 1000)
    service.faults += [None, None, *faults]
    made = call("jobs.create", specs(2100), SHOT)
    first, *rest = service.requests
    assert first.open
    assert [len(each.items) for each in rest[-3:]] == [1000, 1000, 100]
    assert [each.close for each in rest[-3:]] == [False, False, True]
    assert [each.key for each in service.jobs.specs] == [str(number) for number in range(2100)]
    assert made.job.counts.total == 2100


def test_stream_that_is_refused_leaves_no_open_job(call, service, monkeypatch):
    monkeypatch.setattr(jobs, "ONE_CALL_BYTES", 1000)
    service.faults += [None, Fault(rich_status("conflict", "no", code_pb2.ALREADY_EXISTS), after=1)]
    with pytest.raises(Conflict):
        call("jobs.create", specs(50), SHOT)
    assert type(service.requests[-1]) is jobs_pb2.CancelJobRequest


def test_items_that_are_added_have_keys_that_survive_a_repetition(call, service):
    service.faults += [Fault(rich_status("not_ready", retry_after_s=0.01), after=1)]
    added = call("jobs.add", "j1", [*specs(2), JobItemSpec(key="mine")], close=True)
    assert (added.added, added.known) == (0, 3)
    assert len({each.key for each in service.jobs.specs}) == len(service.jobs.specs) == 3


def test_items_are_read_to_their_last_page(call, service):
    service.jobs.items = [item(number) for number in range(5)]
    told = call("jobs.items", "j1", states=[ItemState.SUCCEEDED], keys=["a"])
    assert [each.number for each in told] == list(range(5))
    assert told[0].shot.image.key == "shots/local/j1/0.jpg"
    assert (list(service.requests[0].keys), service.requests[2].page_token) == (["a"], "4")


def test_jobs_are_read_to_their_last_page(call, service):
    assert [job.job_id for job in call("jobs.list", states=[JobState.ACTIVE], name_prefix="sp")] == ["j1", "j0"]
    assert service.requests[1].name_prefix == "sp"


@pytest.mark.parametrize(
    ("method", "state"), [("cancel", JobState.CANCELLED), ("pause", JobState.PAUSED), ("resume", JobState.ACTIVE)]
)
def test_job_is_steered(call, method, state):
    assert call(f"jobs.{method}", "j1").state is state


def test_items_are_steered_by_their_keys(call, service):
    call("jobs.cancel", "j1", ["a"])
    assert call("jobs.retry", "j1", ["a", "b"]).retried == 2
    assert [list(each.keys) for each in service.requests] == [["a"], ["a", "b"]]


def test_removed_job_answers_nothing(call, service):
    assert call("jobs.delete", "j1") is None
    assert service.requests[0].job_id == "j1"


def test_manifest_comes_as_its_bytes(call, service):
    assert call("jobs.manifest", "j1", ManifestFormat.CSV) == PICTURE
    assert service.requests[0].format == jobs_pb2.ItemManifest.CSV
    assert service.requests[1].key == "jobs/local/j1/items.jsonl"


def told(version, **fields):
    return jobs_pb2.WatchJobResponse(version=version, **fields)


def test_watch_goes_on_where_it_broke(call, service):
    end = told(4, job={"job_id": "j1", "state": "DONE"})
    service.jobs.watches = [[told(2, item=item(0)), BROKEN], [BROKEN], [told(3, item=item(1)), end]]
    changes = call("jobs.watch", "j1", after_version=1)
    assert [each.version for each in changes] == [2, 3, 4]
    assert (changes[0].item.number, changes[-1].job.state) == (0, JobState.DONE)
    assert [each.after_version for each in service.requests] == [1, 2, 2]


def test_watch_of_no_job_is_not_begun_again(call, service):
    service.jobs.watches = [
        [jobs_pb2.WatchJobResponse(), Fault(rich_status("not_found", "no job", code_pb2.NOT_FOUND))]
    ]
    with pytest.raises(Exception, match="no job"):
        call("jobs.watch", "j1")
    assert len(service.requests) == 1


def test_upload_that_the_store_does_not_take_now_is_tried_again(call, service, store):
    store.statuses += [503]
    assert call("jobs.upload", b"key,image\n", "text/csv") == "uploads/local/u2"
    assert store.files["/u2"][0] == b"key,image\n"


def test_upload_that_the_store_refuses_is_told(call, store):
    store.statuses += [403]
    with pytest.raises(Forbidden, match="HTTP 403"):
        call("jobs.upload", b"x", "text/csv")


def test_store_that_nobody_reaches_is_not_ready(call, service):
    service.jobs.upload_url = "http://127.0.0.1:1"
    with pytest.raises(NotReady, match=r"127\.0\.0\.1:1"):
        call("jobs.upload", b"x", "text/csv")


def test_file_whose_name_says_nothing_needs_a_type(call, service, tmp_path):
    (tmp_path / "photo").write_bytes(b"x")
    with pytest.raises(InvalidInput, match="media_type"):
        call("jobs.create", [tmp_path / "photo"], SHOT)
    assert not service.requests

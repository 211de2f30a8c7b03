"""Jobs over HTTP: what is asked of the service behind, and how its answers are told."""

import json

import httpx
import pytest

from services.api import jobs
from services.common.errors import NotFound, StorageUnavailable, WrongState
from services.gateway import item_lines
from tests.support.fake_jobs import FakeJobs, FakeUploads
from tests.support.gateway_parts import PUBLIC_URL, Parts

SHOT = {"scene_id": "marble"}


@pytest.fixture
def parts(tmp_path):
    return Parts(tmp_path, jobs=FakeJobs(), uploads=FakeUploads())


@pytest.fixture
def client(parts):
    transport = httpx.ASGITransport(parts.http_app(), client=("127.0.0.1", 4000))
    return httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL)


async def test_job_is_created_and_its_place_told(parts, client):
    body = {"shot": SHOT, "items": [{"key": "a", "image": {"url": "https://a.example/a.jpg"}}]}
    answer = await client.post("/v1/jobs", json=body, headers={"Idempotency-Key": "order-7"})
    assert (answer.status_code, answer.headers["location"]) == (201, "/v1/jobs/j1")
    assert answer.json()["job"]["state"] == "ACTIVE"
    assert parts.jobs.asked[0].items[0].key == "a"
    assert parts.jobs.calls[0].idempotency_key == "order-7"


async def test_check_of_a_job_makes_none(client):
    answer = await client.post("/v1/jobs", json={"shot": SHOT, "validate_only": True})
    assert answer.status_code == 200
    assert "location" not in answer.headers


async def test_list_of_items_comes_as_a_file_of_a_form(parts, client):
    form = {"shot.scene_id": "marble", "shot.layers": ["SHADOW", "ALPHA"], "keep": "3600s", "priority": "5"}
    answer = await client.post("/v1/jobs", files={"manifest": ("a.csv", b"image\nx")}, data=form)
    assert answer.status_code == 201
    [asked] = parts.jobs.asked
    assert (asked.manifest.content, asked.shot.scene_id, asked.keep, asked.priority) == (
        b"image\nx", "marble", 3600.0, 5,
    )  # fmt: skip
    assert [layer.value for layer in asked.shot.layers] == ["SHADOW", "ALPHA"]


async def test_photo_is_no_part_of_a_jobs_form(client):
    answer = await client.post("/v1/jobs", files={"image": ("a.jpg", b"x")}, data={"shot.scene_id": "marble"})
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, "image")


async def test_jobs_are_filtered_by_query(parts, client):
    query = "page_size=20&states=ACTIVE&states=PAUSED&name_prefix=may&created_after=2026-05-01T00:00:00Z"
    page = (await client.get(f"/v1/jobs?{query}")).json()
    assert (page["jobs"][0]["job_id"], page["next_page_token"]) == ("j1", "2")
    assert parts.jobs.asked == [
        jobs.ListJobsRequest(
            page_size=20,
            states=[jobs.JobState.ACTIVE, jobs.JobState.PAUSED],
            name_prefix="may",
            created_after="2026-05-01T00:00:00Z",
        )
    ]


@pytest.mark.parametrize("query", ["page_size=1&page_size=2", "stats=ACTIVE", "states=SLOW", "page_size=201"])
async def test_faulty_query_is_refused_by_its_name(parts, client, query):
    answer = await client.get(f"/v1/jobs?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert answer.json()["details"]["field"].partition(".")[0] == query.partition("=")[0]
    assert not parts.jobs.asked


async def test_items_are_filtered_by_query(parts, client):
    page = await client.get("/v1/jobs/j1/items?states=FAILED&keys=a&keys=b")
    assert page.json()["items"][0]["number"] == 3
    assert (parts.jobs.asked[0].job_id, parts.jobs.asked[0].keys) == ("j1", ["a", "b"])


@pytest.mark.parametrize("query", ["job_id=j2", "key=a"])
async def test_query_names_no_other_job_and_nothing_unknown(client, query):
    assert (await client.get(f"/v1/jobs/j1?{query}")).status_code == 400


@pytest.mark.parametrize("deed", ["cancel", "pause", "resume", "retry", "manifest"])
async def test_deed_needs_no_body(parts, client, deed):
    answer = await client.post(f"/v1/jobs/j1/{deed}")
    assert answer.status_code == 200
    assert parts.jobs.asked[0].job_id == "j1"
    assert parts.jobs.calls[0].method.lower().endswith(deed) or deed in parts.jobs.calls[0].method.lower()


async def test_deed_takes_the_items_it_is_for(parts, client):
    await client.post("/v1/jobs/j1/cancel", json={"keys": ["a", "b"]})
    assert parts.jobs.asked == [jobs.CancelJobRequest(job_id="j1", keys=["a", "b"])]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"json": {"job_id": "j2"}}, "invalid_input"),
        ({"content": b"x"}, "unsupported_media"),
        ({"json": {"kees": []}}, "invalid_input"),
    ],
    ids=["another job", "no type", "misspelt"],
)
async def test_faulty_body_of_a_deed_is_refused(parts, client, options, code):
    assert (await client.post("/v1/jobs/j1/cancel", **options)).json()["code"] == code
    assert not parts.jobs.asked


async def test_removed_job_leaves_an_empty_answer(parts, client):
    answer = await client.delete("/v1/jobs/j1")
    assert (answer.status_code, answer.content) == (204, b"")
    assert parts.jobs.asked == [jobs.DeleteJobRequest(job_id="j1")]


async def test_fault_of_the_service_is_a_problem(parts, client):
    parts.jobs.error = WrongState("the job is DONE", field="job_id")
    assert (await client.post("/v1/jobs/j1/pause")).status_code == 409


async def test_items_come_as_json(parts, client):
    answer = await client.post("/v1/jobs/j1/items", json={"items": [{"key": "a"}, {"key": "b"}], "close": True})
    assert answer.json()["added"] == 2
    [asked] = parts.jobs.asked
    assert (asked.job_id, asked.close) == ("j1", True)


def lines_of(count):
    return b"".join(json.dumps({"key": f"k{n}"}).encode() + b"\n" for n in range(count))


@pytest.mark.parametrize("kind", ["application/jsonl", "application/x-ndjson; charset=utf-8"])
async def test_items_come_as_lines_a_thousand_at_a_time(parts, client, kind):
    answer = await client.post(
        "/v1/jobs/j1/items?close=true", content=lines_of(2100) + b"\n", headers={"Content-Type": kind}
    )
    assert answer.json()["added"] == 2100
    assert [(len(each.items), each.close) for each in parts.jobs.asked] == [
        (1000, False), (1000, False), (100, False), (0, True),
    ]  # fmt: skip


async def test_large_items_are_handed_on_before_they_fill_the_memory(parts, client, monkeypatch):
    monkeypatch.setattr(item_lines, "CHUNK_BYTES", 40)
    await client.post("/v1/jobs/j1/items", content=lines_of(9), headers={"Content-Type": "application/jsonl"})
    assert [len(each.items) for each in parts.jobs.asked] == [4, 4, 1, 0]


async def test_line_that_is_no_item_is_told_by_its_number(client):
    content = lines_of(2) + b'\n{"image": {"urls": ""}}\n'
    answer = await client.post("/v1/jobs/j1/items", content=content, headers={"Content-Type": "application/jsonl"})
    problem = answer.json()
    assert (problem["code"], problem["details"]["line"]) == ("invalid_input", 4)
    assert problem["detail"].startswith("line 4: ")


async def test_line_longer_than_a_body_may_be_is_refused(client):
    content = b"x" * (45 << 20)
    answer = await client.post("/v1/jobs/j1/items", content=content, headers={"Content-Type": "application/jsonl"})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_upload_is_signed_for_its_type(parts, client):
    answer = await client.post("/v1/uploads", json={"media_type": "text/csv", "size_bytes": 9})
    assert answer.json()["headers"] == [{"name": "Content-Type", "value": "text/csv"}]
    assert answer.json()["key"] == "uploads/local/u1"


CHANGES = [
    jobs.WatchJobResponse(version=4, item=jobs.JobItem(number=1, state=jobs.ItemState.SUCCEEDED, version=3)),
    jobs.WatchJobResponse(version=5, job=jobs.Job(job_id="j1", state=jobs.JobState.DONE, version=5)),
]


async def test_changes_are_events_whose_ids_are_versions(parts, client):
    parts.jobs.changes = CHANGES
    answer = await client.get("/v1/jobs/j1/events?after_version=2&job_only=false")
    assert answer.headers["content-type"].startswith("text/event-stream")
    first, second = (block.splitlines() for block in answer.text.strip().split("\n\n"))
    assert (first[0], first[-1]) == ("event: item", "id: 4")
    assert (second[0], second[-1]) == ("event: job", "id: 5")
    assert json.loads(second[1].removeprefix("data: "))["state"] == "DONE"
    assert parts.jobs.asked == [jobs.WatchJobRequest(job_id="j1", after_version=2)]


async def test_last_event_that_arrived_is_where_the_stream_goes_on(parts, client):
    parts.jobs.changes = CHANGES
    await client.get("/v1/jobs/j1/events?after_version=2", headers={"Last-Event-ID": "4"})
    assert parts.jobs.asked[0].after_version == 4


async def test_nothing_left_to_tell_sends_browsers_away(client):
    answer = await client.get("/v1/jobs/j1/events", headers={"Last-Event-ID": "5"})
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("last", ["-1", "x", "1" * 30])
async def test_last_event_that_is_none_of_ours_is_refused(client, last):
    answer = await client.get("/v1/jobs/j1/events", headers={"Last-Event-ID": last})
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, "last-event-id")


async def test_error_before_the_first_event_has_its_own_status(parts, client):
    parts.jobs.changes = [NotFound("there is no such job", field="job_id")]
    assert (await client.get("/v1/jobs/j2/events")).status_code == 404


async def test_error_in_the_middle_has_no_id_so_that_the_last_one_stands(parts, client):
    parts.jobs.changes = [CHANGES[0], StorageUnavailable("away")]
    *_, last = (await client.get("/v1/jobs/j1/events")).text.strip().split("\n\n")
    assert last.startswith("event: error\n")
    assert "\nid:" not in last


@pytest.mark.parametrize("path", ["shots", "cutouts"])
@pytest.mark.parametrize("prefer", ["respond-async", "wait=5, Respond-Async; x=1"])
async def test_picture_may_be_made_later(parts, client, photo, path, prefer):
    form = {"scene_id": "white", "timeout": "9s"} if path == "shots" else {"crop": "true"}
    headers = {"Prefer": prefer, "Idempotency-Key": "order-7", "Accept": "image/webp"}
    answer = await client.post(f"/v1/{path}", files={"image": ("a.jpg", photo)}, data=form, headers=headers)
    assert (answer.status_code, answer.headers["location"]) == (202, "/v1/jobs/j1")
    assert answer.headers["preference-applied"] == "respond-async"
    assert answer.json()["job"]["job_id"] == "j1"
    [asked], [call] = parts.jobs.asked, parts.jobs.calls
    recipe = asked.shot or asked.cutout
    assert (asked.items[0].image.content, recipe.image.content) == (photo, b"")
    assert recipe.output.format.value == "WEBP"
    assert (call.method, call.idempotency_key) == ("CreateJob", "order-7")


async def test_other_preferences_change_nothing(parts, client, photo):
    answer = await client.post(
        "/v1/cutouts", files={"image": ("a.jpg", photo)}, headers={"Prefer": "wait=5, return=minimal"}
    )
    assert answer.status_code == 200
    assert "preference-applied" not in answer.headers

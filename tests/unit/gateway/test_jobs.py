"""What callers do with jobs that are there, and what they are told."""

import csv
import io

import pytest

from services.api.jobs import JobItem
from services.common.errors import InvalidInput, NotFound, Overloaded, WrongState
from services.database.tables import JobItemRow, JobRow, JobShare
from services.jobs.states import ItemState
from tests.support.job_parts import JobParts, ask, set_row

RUNNING, WAITING = ItemState.RUNNING, ItemState.WAITING


@pytest.fixture
def parts(tmp_path, database):
    """On each database, as its queries and locks count."""
    return JobParts(tmp_path, database)


@pytest.fixture
def quick(tmp_path, sqlite_database):
    """On one."""
    return JobParts(tmp_path, sqlite_database)


async def states(parts, job_id):
    """Of the items, by key."""
    listed = await ask(parts, "list_job_items", job_id=job_id)
    return {item.key: item.state.value for item in listed.items}


async def test_cancelled_job_ends_at_once_where_nothing_is_at_work(parts):
    job_id = await parts.made("a", "b", open=True)
    parts.move(job_id, 0, RUNNING, WAITING, retry_at_s=1.0)
    job = (await ask(parts, "cancel_job", job_id=job_id)).job
    assert (job.state, job.open, job.counts.cancelled) == ("CANCELLED", False, 2)
    assert (await ask(parts, "cancel_job", job_id=job_id)).job == job


async def test_cancelled_job_waits_for_what_is_at_work(parts):
    job_id = await parts.made("a", "b")
    parts.move(job_id, 0, RUNNING)
    assert (await ask(parts, "cancel_job", job_id=job_id)).job.state == "CANCELLING"
    with parts.database.reading() as session:
        assert session.get_one(JobItemRow, (job_id, 0)).stop
    parts.move(job_id, 0, ItemState.CANCELLED)
    assert (await ask(parts, "get_job", job_id=job_id)).job.state == "CANCELLED"


async def test_some_items_are_cancelled(parts):
    job_id = await parts.made("a", "b", "c", "d")
    parts.move(job_id, 0, RUNNING)
    parts.succeed(job_id, 1)
    job = (await ask(parts, "cancel_job", job_id=job_id, keys=["a", "b", "c"])).job
    assert job.state == "ACTIVE"
    assert await states(parts, job_id) == {"a": "RUNNING", "b": "SUCCEEDED", "c": "CANCELLED", "d": "QUEUED"}
    with parts.database.reading() as session:
        assert [session.get_one(JobItemRow, (job_id, number)).stop for number in range(4)] == [
            True,
            False,
            False,
            False,
        ]


async def test_job_whose_last_items_are_cancelled_is_done(quick):
    job_id = await quick.made("a", "b")
    assert (await ask(quick, "cancel_job", job_id=job_id, keys=["a", "b"])).job.state == "DONE"


@pytest.mark.parametrize("method", ["cancel_job", "retry_job"])
async def test_item_that_there_is_none_of_is_told(quick, method):
    job_id = await quick.made("a")
    with pytest.raises(NotFound, match="'b'"):
        await ask(quick, method, job_id=job_id, keys=["a", "b"])
    assert await states(quick, job_id) == {"a": "QUEUED"}


async def test_job_is_paused_and_resumed(parts):
    job_id = await parts.made("a")
    for method, state in [("pause_job", "PAUSED")] * 2 + [("resume_job", "ACTIVE")] * 2:
        assert (await ask(parts, method, job_id=job_id)).job.state == state


async def test_failed_items_are_tried_again(parts):
    job_id = await parts.made("a", "b", "c")
    parts.succeed(job_id, 0)
    parts.fail(job_id, 1)
    parts.fail(job_id, 2)
    assert (await ask(parts, "get_job", job_id=job_id)).job.state == "DONE"
    answer = await ask(parts, "retry_job", job_id=job_id, keys=["a", "b"])
    assert (answer.retried, answer.job.state, answer.job.end_time) == (1, "ACTIVE", "")
    assert await states(parts, job_id) == {"a": "SUCCEEDED", "b": "QUEUED", "c": "FAILED"}
    assert (await ask(parts, "retry_job", job_id=job_id)).retried == 1
    [item] = (await ask(parts, "list_job_items", job_id=job_id, keys=["b"])).items
    assert (item.attempts, item.error, item.end_time) == (0, None, "")


async def test_items_that_have_no_room_are_not_tried_again(tmp_path, sqlite_database):
    full = JobParts(tmp_path, sqlite_database, max_queued=1)
    job_id = await full.made("a")
    full.fail(job_id, 0)
    await full.create("b")
    with pytest.raises(Overloaded):
        await ask(full, "retry_job", job_id=job_id)
    assert (await ask(full, "get_job", job_id=job_id)).job.state == "DONE"


async def test_retry_of_nothing_leaves_a_job_done(quick):
    job_id = await quick.made("a")
    quick.succeed(job_id, 0)
    answer = await ask(quick, "retry_job", job_id=job_id)
    assert (answer.retried, answer.job.state) == (0, "DONE")


@pytest.mark.parametrize("method", ["pause_job", "resume_job", "retry_job"])
async def test_cancelled_job_stays_so(quick, method):
    job_id = await quick.made("a")
    await ask(quick, "cancel_job", job_id=job_id)
    with pytest.raises(WrongState, match="CANCELLED"):
        await ask(quick, method, job_id=job_id)


@pytest.mark.parametrize("method", ["pause_job", "resume_job", "cancel_job"])
async def test_done_job_stays_so(quick, method):
    job_id = await quick.made("a")
    quick.succeed(job_id, 0)
    with pytest.raises(WrongState, match="DONE"):
        await ask(quick, method, job_id=job_id)


async def test_deleted_job_is_gone_with_its_files(parts, photo):
    job_id = await parts.made(items=[{"image": {"content": photo}}], key="k")
    parts.succeed(job_id, 0)
    await ask(parts, "create_job_manifest", job_id=job_id)
    assert [key.partition("/")[0] for key in parts.files()] == ["jobs", "shots", "uploads"]
    await ask(parts, "delete_job", job_id=job_id)
    assert parts.files() == []
    with pytest.raises(NotFound):
        await ask(parts, "get_job", job_id=job_id)
    assert await parts.made("other", key="k") != job_id


async def test_job_that_has_not_ended_is_not_deleted(quick):
    job_id = await quick.made("a")
    with pytest.raises(WrongState, match="cancel it first"):
        await ask(quick, "delete_job", job_id=job_id)
    assert await states(quick, job_id) == {"a": "QUEUED"}


@pytest.mark.parametrize(
    "method",
    ["get_job", "cancel_job", "pause_job", "resume_job", "retry_job", "delete_job", "list_job_items",
     "create_job_manifest"],
)  # fmt: skip
@pytest.mark.parametrize("why", ["another tenant's", "expired", "not complete"])
async def test_job_that_is_not_there_is_not_found(quick, method, why):
    job_id = await quick.made("a")
    quick.succeed(job_id, 0)
    if why == "expired":
        set_row(quick, JobRow, expires_s=1.0)
    if why == "not complete":
        set_row(quick, JobRow, complete=False)
    with pytest.raises(NotFound):
        await ask(quick, method, job_id=job_id, tenant="other" if why == "another tenant's" else "local")
    listed = await ask(quick, "list_jobs", tenant="other" if why == "another tenant's" else "local")
    assert listed.jobs == []


async def test_job_tells_why_it_waits(quick):
    job_id = await quick.made("a")
    set_row(quick, JobShare, held_until_s=1e12)
    assert (await ask(quick, "get_job", job_id=job_id)).job.waiting_for == "quota_exceeded"
    await ask(quick, "pause_job", job_id=job_id)
    assert (await ask(quick, "get_job", job_id=job_id)).job.waiting_for == ""


async def test_results_can_be_read_where_they_are_told(quick):
    job_id = await quick.made("a", "b")
    key = quick.succeed(job_id, 0)
    done, queued = (await ask(quick, "list_job_items", job_id=job_id)).items
    assert done.shot.image.key == key
    assert done.shot.image.url.startswith(f"http://testserver/v1/blobs/{key}?")
    assert done.shot.image.expire_time
    assert queued.shot is None


async def pages(parts, method, entries, **fields):
    """All pages of a list, and what each holds."""
    token, found = "", []
    while True:
        page = await ask(parts, method, page_token=token, **fields)
        found.append([getattr(each, "name", None) or each.key for each in getattr(page, entries)])
        token = page.next_page_token
        if not token:
            return found


async def test_jobs_come_in_pages_the_newest_first(parts):
    for number in range(5):
        await parts.create("a", name=f"n{number}")
    set_row(parts, JobRow, created_s=7.0)  # at the same time: no job is lost or told twice
    found = await pages(parts, "list_jobs", "jobs", page_size=2)
    assert [len(page) for page in found] == [2, 2, 1]
    assert sorted(name for page in found for name in page) == [f"n{number}" for number in range(5)]


async def test_jobs_are_filtered(parts):
    for name in ("Spring", "spring_1", "spring%", "autumn"):
        job_id = await parts.made("a", name=name)
    await ask(parts, "pause_job", job_id=job_id)

    async def names(**fields):
        return sorted(job.name for job in (await ask(parts, "list_jobs", **fields)).jobs)

    assert await names(name_prefix="spring") == ["spring%", "spring_1"]
    assert await names(name_prefix="spring%") == ["spring%"]
    assert await names(states=["PAUSED"]) == ["autumn"]
    assert await names(created_after="2020-01-01T00:00:00Z", states=["PAUSED", "ACTIVE"]) == await names()
    assert await names(created_before="2020-01-01T01:00:00+01:00") == []


@pytest.mark.parametrize("time", ["yesterday", "2020-01-01T00:00:00"])
async def test_time_without_a_zone_is_no_time(quick, time):
    with pytest.raises(InvalidInput, match="created_after"):
        await ask(quick, "list_jobs", created_after=time)


async def test_items_come_in_pages_by_number(parts):
    job_id = await parts.made(*"edcba")
    assert await pages(parts, "list_job_items", "items", job_id=job_id, page_size=2) == [["e", "d"], ["c", "b"], ["a"]]


async def test_items_are_filtered(parts):
    job_id = await parts.made("a", "b", "c")
    parts.succeed(job_id, 0)
    parts.move(job_id, 1, RUNNING, WAITING, retry_at_s=1.0)
    assert await pages(parts, "list_job_items", "items", job_id=job_id, states=["QUEUED"]) == [["b", "c"]]
    assert await pages(parts, "list_job_items", "items", job_id=job_id, keys=["c", "none"]) == [["c"]]


async def test_token_of_another_list_is_refused(quick):
    job_id = await quick.made("a", "b")
    token = (await ask(quick, "list_job_items", job_id=job_id, page_size=1)).next_page_token
    with pytest.raises(InvalidInput, match="page_token"):
        await ask(quick, "list_job_items", job_id=job_id, page_token=token, states=["QUEUED"])


async def written(parts, job_id, **fields):
    """The file's text, and what is told of it."""
    blob = (await ask(parts, "create_job_manifest", job_id=job_id, **fields)).blob
    return parts.store.get(blob.key).decode(), blob


async def test_file_tells_what_became_of_every_item(quick, monkeypatch):
    monkeypatch.setattr("services.jobs.result_file._PAGE", 2)
    job_id = await quick.made("a", "b", "c")
    key = quick.succeed(job_id, 1)
    text, blob = await written(quick, job_id)
    told = [JobItem.model_validate_json(line) for line in text.splitlines()]
    assert [(item.key, item.state) for item in told] == [("a", "QUEUED"), ("b", "SUCCEEDED"), ("c", "QUEUED")]
    assert told[1].shot.image.url.startswith(f"http://testserver/v1/blobs/{key}")
    assert blob.key.startswith(f"jobs/local/{job_id}/")
    assert (blob.media_type, blob.size_bytes) == ("application/jsonl", len(text.encode()))
    assert blob.url


async def test_table_holds_no_formula(quick):
    job_id = await quick.made("=cmd|calc", "-1", "a")
    quick.fail(job_id, 0, "@SUM(1)")
    quick.succeed(job_id, 2)
    text, blob = await written(quick, job_id, format="CSV")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["key"] for row in rows] == ["'=cmd|calc", "'-1", "a"]
    assert (rows[0]["state"], rows[0]["error_code"], rows[0]["error"]) == ("FAILED", "invalid_input", "'@SUM(1)")
    assert rows[2]["url"].startswith("http://testserver/v1/blobs/shots/local/")
    assert blob.media_type == "text/csv"

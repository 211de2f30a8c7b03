"""Jobs and items come in whole or not at all, and each once."""

import asyncio
import time

import pytest

from services.api.jobs import AddJobItemsRequest, CreateJobRequest
from services.common.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    Overloaded,
    StorageUnavailable,
    TooLarge,
    WrongState,
)
from services.database.tables import JobItemRow, JobRow
from services.tenants.caller import Limits
from tests.support.gateway_parts import call
from tests.support.job_parts import URL, JobParts, items

NOTHING = (0, 0)


@pytest.fixture
def parts(tmp_path, database):
    """On each database, as its transactions count."""
    return lambda **jobs: JobParts(tmp_path, database, **jobs)


@pytest.fixture
def quick(tmp_path, sqlite_database):
    """On one."""
    return lambda **jobs: JobParts(tmp_path, sqlite_database, **jobs)


def rows(parts):
    """Jobs and items, without those that only wait for the sweeper."""
    with parts.database.reading() as session:
        there = session.query(JobRow).filter(JobRow.expires_s > time.time())
        return there.count(), there.join(JobItemRow, JobItemRow.job_id == JobRow.id).count()


def listed(parts, job_id):
    with parts.database.reading() as session:
        found = session.query(JobItemRow).filter_by(job_id=job_id).order_by(JobItemRow.number)
        return [each.key for each in found]


async def messages(*given):
    for each in given:
        yield AddJobItemsRequest.model_validate(each)


def add(parts, *given, tenant="local"):
    return parts.jobs.add_job_items(messages(*given), call(tenant=tenant))


async def test_job_begins_with_all_its_items(quick):
    made = quick()
    job = (await made.create("a", "b", name="spring", priority=5, max_attempts=2, keep="3600s")).job
    assert (job.state, job.open, job.counts.total, job.counts.queued) == ("ACTIVE", False, 2, 2)
    assert (job.name, job.priority, job.max_attempts, job.shot.scene_id) == ("spring", 5, 2, "white")
    assert listed(made, job.job_id) == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "keys"),
    [(f"image,key\n{URL},m\n{URL},\n", ["a", "m", "2"]), (f'{{"key":"m","image":{{"url":"{URL}"}}}}\n', ["a", "m"])],
)
async def test_listed_items_follow_those_of_the_request(quick, content, keys):
    made = quick()
    job_id = await made.made("a", manifest={"content": content.encode()})
    assert listed(made, job_id) == keys


async def test_bytes_lie_in_the_store_before_the_job_begins(quick, photo):
    made = quick()
    recipe = {"scene_id": "white", "reference": {"content": photo}}
    job = (await made.create(shot=recipe, items=[{"image": {"content": photo}}])).job
    [key] = made.files()
    assert key.startswith(f"uploads/local/{job.job_id}/")
    assert job.shot.reference.blob_key == key


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"items": [{"image": {"url": "https://127.0.0.1/x"}}]}, "items.0.image.url"),
        ({"manifest": {"content": b"image,seed\nx,1\nx,-1\n"}}, "items.2.image.blob_key"),
        ({"manifest": {"content": b"image,glow\nx,1\n"}}, "manifest"),
        ({"manifest": {}}, "manifest"),
        ({"shot": None}, "shot"),
        ({"cutout": {}}, "shot"),
        ({"shot": {"scene_id": "white", "canvas": {"width": 99999, "height": 99}}}, "shot.canvas.width"),
        ({"items": []}, "items"),
        ({"keep": "99999999s"}, "keep"),
    ],
)
async def test_fault_leaves_nothing(quick, fields, field, photo):
    made = quick()
    given = {"items": [*items("a"), {"image": {"content": photo}}], **fields}
    with pytest.raises((InvalidInput, TooLarge)) as caught:
        await made.create(**given)
    assert caught.value.details["field"] == field
    assert rows(made) == NOTHING
    assert made.files() == []


@pytest.mark.parametrize("step", ["add", "finish"])
@pytest.mark.parametrize("error", [StorageUnavailable("it is off"), asyncio.CancelledError()])
async def test_creation_that_fails_on_the_way_leaves_nothing(parts, photo, step, error, monkeypatch):
    made = parts()

    def fail(*_):
        raise error

    monkeypatch.setattr(type(made.jobs.creation.entry), step, fail)
    with pytest.raises(type(error)):
        await made.create(items=[{"image": {"content": photo}}], key="k")
    assert rows(made) == NOTHING
    assert made.files() == []


async def test_bytes_that_can_not_be_stored_leave_nothing(quick, photo, monkeypatch):
    made = quick()
    put = made.store.put

    def half(key, data, media_type):
        if len(made.files()) >= 2:
            raise StorageUnavailable("it is full")
        return put(key, data, media_type)

    monkeypatch.setattr(made.store, "put", half)
    given = [{"image": {"content": photo + bytes(number)}} for number in range(20)]
    with pytest.raises(StorageUnavailable, match="it is full"):
        await made.create(items=given)
    assert rows(made) == NOTHING
    assert made.files() == []


async def test_same_request_is_the_same_job(parts):
    made = parts()
    answers = [await made.create("a", key="k") for _ in range(2)]
    assert answers[0].job == answers[1].job
    assert rows(made) == (1, 1)


async def test_key_of_another_job_is_refused(parts):
    made = parts()
    await made.create("a", key="k")
    with pytest.raises(Conflict):
        await made.create("b", key="k")
    with pytest.raises(InvalidInput):
        await made.create("b", key="a key")


async def test_creation_that_died_is_begun_anew(parts, monkeypatch):
    made = parts()
    with monkeypatch.context() as patched:
        patched.setattr(type(made.jobs.creation), "_give_up", lambda *_: asyncio.sleep(0))
        patched.setattr(type(made.jobs.creation.entry), "finish", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            await made.create("a", key="k")
    job = (await made.create("a", key="k")).job
    assert (job.state, job.counts.total) == ("ACTIVE", 1)


async def test_dry_run_tells_faults_and_makes_nothing(quick, photo):
    made = quick(price_item=0.5, currency="EUR")
    given = [*items("a", "a"), {"image": {"content": photo}}, {"key": "b", "image": {}}]
    request = CreateJobRequest.model_validate(
        {"shot": {"scene_id": "white"}, "items": given, "validate_only": True, "name": "spring"}
    )
    answer = await made.jobs.create_job(request, call(limits=Limits(quota_items=7)))
    assert [(each.number, each.field) for each in answer.faults] == [(1, "key"), (3, "image")]
    assert (answer.job.job_id, answer.job.name, answer.job.counts.total) == ("", "spring", 2)
    assert (answer.estimate.cost, answer.estimate.currency, answer.estimate.quota_items_left) == (1.0, "EUR", 7)
    assert rows(made) == NOTHING
    assert made.files() == []


async def test_more_items_than_may_wait_are_refused(parts):
    made = parts(max_queued=2)
    await made.create("a")
    with pytest.raises(Overloaded):
        await made.create("a", "b")
    assert rows(made) == (1, 1)


async def test_open_job_takes_items_until_it_is_closed(parts):
    made = parts()
    job_id = await made.made(open=True)
    answer = await add(
        made,
        {"job_id": job_id, "items": items("a", "b")},
        {"items": items("b", "c")},
        {"job_id": job_id, "close": True},
    )
    assert (answer.added, answer.known, answer.job.counts.total, answer.job.open) == (3, 1, 3, False)
    with pytest.raises(WrongState):
        await add(made, {"job_id": job_id, "items": items("d")})


async def test_stream_may_be_sent_again(parts):
    made = parts()
    job_id = await made.made("a", open=True)
    sent = [{"job_id": job_id, "items": items("a", "b")}, {"items": items("c")}]
    await add(made, *sent)
    again = await add(made, *sent)
    assert (again.added, again.known) == (0, 3)
    assert listed(made, job_id) == ["a", "b", "c"]


async def test_stream_that_breaks_leaves_what_was_added(parts):
    made = parts()
    job_id = await made.made(open=True)

    async def broken():
        yield AddJobItemsRequest(job_id=job_id, items=items("a"))
        raise StorageUnavailable("the line is cut")

    with pytest.raises(StorageUnavailable):
        await made.jobs.add_job_items(broken(), call())
    assert listed(made, job_id) == ["a"]


async def test_added_items_are_checked_with_the_jobs_recipe(quick, photo):
    made = quick()
    job_id = await made.made(open=True, shot={"scene_id": "white", "reference": {"content": photo}})
    bad = {"key": "b", "image": {"url": URL}, "shot": {"scene_id": "nowhere"}}
    with pytest.raises(InvalidInput) as caught:
        await add(made, {"job_id": job_id, "items": items("a")}, {"items": [bad]})
    assert caught.value.details["field"] == "items.1.shot.scene_id"
    assert listed(made, job_id) == ["a"]


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ([], InvalidInput),
        ([{"items": []}], InvalidInput),
        ([{"job_id": "none"}], NotFound),
    ],
)
async def test_stream_has_to_name_a_job(quick, sent, error):
    with pytest.raises(error):
        await add(quick(), *sent)


async def test_stream_is_about_one_job(quick):
    made = quick()
    job_id = await made.made(open=True)
    with pytest.raises(InvalidInput):
        await add(made, {"job_id": job_id}, {"job_id": "other"})


async def test_another_tenants_job_takes_nothing(quick):
    made = quick()
    job_id = await made.made(open=True)
    with pytest.raises(NotFound):
        await add(made, {"job_id": job_id, "items": items("a")}, tenant="other")

"""Watchers of jobs: told of what changes, once and in order, wherever they go on from."""

import asyncio

import pytest

from services.api import jobs as api
from services.common.errors import InvalidInput, NotFound, StorageUnavailable
from services.database.tables import JobRow
from services.jobs.states import ItemState
from tests.support.gateway_parts import call
from tests.support.job_parts import JobParts, set_row


@pytest.fixture
def parts(tmp_path, database):
    """On each database, as its queries and locks count."""
    return JobParts(tmp_path, database)


@pytest.fixture
def quick(tmp_path, sqlite_database):
    """On one."""
    return JobParts(tmp_path, sqlite_database)


class Watcher:
    """Follows a job, and writes down what it is told."""

    def __init__(self, parts, job_id, after=0, **fields):
        request = api.WatchJobRequest(job_id=job_id, after_version=after, **fields)
        self.stream = parts.jobs.watch_job(request, call())
        self.messages = []

    async def take(self, count):
        """So many messages, each as the item's key and state or the job's state."""
        return [self._told(await anext(self.stream)) for _ in range(count)]

    async def to_the_end(self):
        return [self._told(message) async for message in self.stream]

    def _told(self, message):
        self.messages.append(message)
        return message.job.state.value if message.job else (message.item.key, message.item.state.value)


async def test_watcher_is_told_what_there_is_and_then_what_changes(parts):
    job_id = await parts.made("a", "b")
    watcher = Watcher(parts, job_id)
    assert await watcher.take(4) == ["ACTIVE", ("a", "QUEUED"), ("b", "QUEUED"), "ACTIVE"]
    parts.succeed(job_id, 1)
    assert await watcher.take(2) == [("b", "SUCCEEDED"), "ACTIVE"]
    parts.fail(job_id, 0)
    assert await watcher.to_the_end() == [("a", "FAILED"), "DONE"]
    assert watcher.messages[-2].item.error.code == "invalid_input"
    assert watcher.messages[4].item.shot.image.url


async def test_watcher_of_the_job_alone_hears_of_no_item(quick):
    job_id = await quick.made("a", "b")
    watcher = Watcher(quick, job_id, job_only=True)
    assert await watcher.take(1) == ["ACTIVE"]
    quick.succeed(job_id, 0)
    assert await watcher.take(1) == ["ACTIVE"]
    quick.succeed(job_id, 1)
    assert await watcher.to_the_end() == ["DONE"]


async def test_watcher_misses_nothing_wherever_it_was_cut_off(parts, monkeypatch):
    monkeypatch.setattr("services.gateway.jobs._TOLD_AT_ONCE", 2)
    job_id = await parts.made(*"abcde")
    for number in (3, 1, 4, 0, 2):
        parts.succeed(job_id, number)
    whole = Watcher(parts, job_id)
    await whole.to_the_end()
    assert [message.version for message in whole.messages] == sorted(message.version for message in whole.messages)
    for place, message in enumerate(whole.messages[:-1]):
        rest = Watcher(parts, job_id, after=message.version)
        await rest.to_the_end()
        told = [*whole.messages[: place + 1], *rest.messages]
        seen = [each.item.key for each in told if each.item]
        assert list(dict.fromkeys(seen)) == list("dbeac"), "in order"
        assert len(seen) <= 6, "the last one again at most"
        assert told[-1].job.state == "DONE"


async def test_watcher_who_was_cut_off_before_the_job_hears_of_it(quick):
    job_id = await quick.made("a", "b")
    quick.move(job_id, 0, ItemState.RUNNING)
    cut = Watcher(quick, job_id)
    assert await cut.take(3) == ["ACTIVE", ("b", "QUEUED"), ("a", "RUNNING")]
    rest = Watcher(quick, job_id, after=cut.messages[-1].version)
    assert await rest.take(2) == [("a", "RUNNING"), "ACTIVE"]
    assert rest.messages[-1].job.counts.running == 1


async def test_watcher_who_knows_the_end_hears_no_more(quick):
    job_id = await quick.made("a")
    quick.succeed(job_id, 0)
    whole = Watcher(quick, job_id)
    await whole.to_the_end()
    assert await Watcher(quick, job_id, after=whole.messages[-1].version).to_the_end() == []


async def test_watcher_who_is_ahead_of_the_job_is_told(quick):
    job_id = await quick.made("a")
    with pytest.raises(InvalidInput, match="after_version"):
        await Watcher(quick, job_id, after=10**9).take(1)


async def test_watchers_end_with_a_job_that_goes_away(quick):
    job_id = await quick.made("a")
    watcher = Watcher(quick, job_id)
    await watcher.take(3)
    set_row(quick, JobRow, complete=False, version=99)
    with pytest.raises(NotFound):
        await watcher.take(1)


async def test_watchers_of_a_gateway_share_one_look(quick, monkeypatch):
    job_ids = [await quick.made("a") for _ in range(3)]
    watchers = [Watcher(quick, job_id) for job_id in job_ids for _ in range(4)]
    looks, all_asked, look = [], asyncio.Event(), quick.jobs.watch._versions

    def watched(session, ids):
        looks.append(ids)
        if len(ids) == 3:
            loop.call_soon_threadsafe(all_asked.set)
        return look(session, ids)

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(quick.jobs.watch, "_versions", watched)
    for watcher in watchers:
        await watcher.take(3)
    waiting = [asyncio.ensure_future(watcher.take(1)) for watcher in watchers]
    await all_asked.wait()
    for job_id in job_ids:
        quick.succeed(job_id, 0)
    assert await asyncio.gather(*waiting) == [[("a", "SUCCEEDED")]] * 12
    assert max(map(len, looks)) == 3


async def test_watcher_hears_that_the_database_is_off(quick, monkeypatch):
    watcher = Watcher(quick, await quick.made("a"))
    await watcher.take(3)

    def fail(*_):
        raise StorageUnavailable("it is off")

    monkeypatch.setattr(quick.jobs.watch, "_versions", fail)
    with pytest.raises(StorageUnavailable):
        await watcher.take(1)

"""The sweeper: what no result names goes, what one names stays, and expired jobs go whole."""

import pytest
from sqlalchemy import func, select

from services.api.jobs import JobState
from services.common.errors import InvalidInput, WrongState
from services.database.tables import JobItemRow, JobRow
from services.jobs import sweeper as module
from services.jobs.schema import Outcome
from services.jobs.states import ItemState
from services.jobs.sweeper import JobSweeper, Removed
from tests.support.job_store import answer, new_items, new_job
from tests.support.memory_blobs import MemoryBlobs

REST_S = 60.0


@pytest.fixture
def blobs():
    return MemoryBlobs()


@pytest.fixture
def sweep(store, blobs):
    """A round, some time later."""
    sweeper = JobSweeper(store.database, store.moves, blobs, store.clock, REST_S)

    def run(after_s=REST_S):
        store.clock.pass_s(after_s)
        return sweeper.sweep()

    return run


def write(blobs, task, name="0.jpg"):
    """A file that the claim's worker writes; its key."""
    key = f"shots/{task.tenant}/{task.folder}-{name}"
    blobs.put(key, b"picture", "image/jpeg")
    return key


def lost_and_made(store, blobs):
    """A claim that dies and one that succeeds; their files."""
    (lost,) = store.claim()
    store.clock.pass_s(store.settings.lease_s)
    store.reap()
    (made,) = store.claim()
    keys = write(blobs, lost), write(blobs, made)
    store.finish(answer(made))
    return keys


def test_file_of_a_claim_that_died_goes_and_the_result_stays(store, blobs, sweep):
    store.create(items=1)
    _, kept = lost_and_made(store, blobs)
    assert sweep() == Removed(0, 1)
    assert list(blobs.files) == [kept]


def test_files_of_failed_items_go(store, blobs, sweep):
    store.create(items=1)
    (task,) = store.claim()
    write(blobs, task)
    store.finish(Outcome(task, error=InvalidInput("no")))
    assert sweep() == Removed(0, 1)


def test_jobs_at_work_and_just_ended_are_left_alone(store, blobs, sweep):
    store.create(items=2)
    lost_and_made(store, blobs)
    assert sweep() == Removed()
    store.finish(*map(answer, store.claim()))
    assert sweep(after_s=REST_S / 2) == Removed()
    assert sweep(after_s=REST_S / 2) == Removed(0, 1)


def test_job_is_swept_once(store, blobs, sweep):
    job_id = store.create(items=1)
    lost_and_made(store, blobs)
    sweep()
    assert store.job(job_id).swept
    assert sweep() == Removed()


def test_files_of_a_claim_since_a_retry_stay(store, blobs, sweep):
    job_id = store.create(items=1)
    (task,) = store.claim()
    store.finish(Outcome(task, error=InvalidInput("no")))
    store.clock.pass_s(REST_S)
    listed = blobs.under

    def under_while_retried(folder, deadline=None):
        if folder.startswith("shots"):
            store.change(job_id, retry)
            write(blobs, *store.claim())
        return listed(folder)

    def retry(session, job):
        store.moves.to(session, job, JobState.ACTIVE)
        store.moves.items(session, job, ItemState.FAILED, ItemState.QUEUED, attempts=0)
        store.moves.settle(session, job)

    blobs.under = under_while_retried
    assert sweep(0) == Removed()
    assert (len(blobs.files), store.job(job_id).swept) == (1, False)


def test_files_of_others_and_about_the_job_stay(store, blobs, sweep):
    job_id = store.create(items=1)
    blobs.put("shots/acme/strange", b"", "image/jpeg")
    blobs.put("shots/other/0-1-x.jpg", b"", "image/jpeg")
    blobs.put(f"jobs/acme/{job_id}/results.csv", b"", "text/csv")
    lost_and_made(store, blobs)
    assert sweep() == Removed(0, 1)


@pytest.mark.parametrize("rows_at_once", [2, 5000])
def test_expired_job_goes_with_its_items_and_files(store, blobs, sweep, monkeypatch, rows_at_once):
    monkeypatch.setattr(module, "_ROWS", rows_at_once)
    job_id = store.create(items=5, keep_s=600)
    for task in store.claim(5):
        write(blobs, task)
        store.finish(answer(task))
    blobs.put(f"uploads/acme/{job_id}/0a1b", b"photo", "image/jpeg")
    blobs.put("uploads/acme/own", b"photo", "image/jpeg")
    assert sweep(600) == Removed(1, 6)
    assert list(blobs.files) == ["uploads/acme/own"]
    assert rows(store) == (0, 0)


def rows(store):
    with store.database.reading() as session:
        return tuple(session.scalar(select(func.count()).select_from(table)) for table in (JobRow, JobItemRow))


def test_job_that_expires_at_work_is_cancelled_and_goes_when_it_rests(store, blobs, sweep):
    job_id = store.create(items=3, keep_s=600)
    (task,) = store.claim()
    assert sweep(600) == Removed()
    assert store.job(job_id).state == JobState.CANCELLING
    assert sweep() == Removed()
    assert store.finish(Outcome(task)) == [True]
    assert sweep() == Removed(1, 0)


def test_creation_that_died_goes_and_one_that_lives_stays(store, sweep):
    with store.database.transaction() as session:
        dead = store.entry.begin(session, "acme", new_job())
        store.entry.add(session, dead, new_items(3))
    store.clock.pass_s(800)
    with store.database.transaction() as session:
        store.entry.begin(session, "acme", new_job())
    assert sweep(200) == Removed(1, 0)
    assert rows(store) == (1, 0)


def test_job_that_is_being_removed_can_not_be_made_active(store, blobs, sweep, monkeypatch):
    job_id = store.create(items=1, keep_s=60)
    store.finish(*map(answer, store.claim()))
    monkeypatch.setattr(JobSweeper, "_forget", lambda *_: None)
    sweep()
    with pytest.raises(WrongState):
        store.change(job_id, lambda session, job: store.moves.to(session, job, JobState.ACTIVE))

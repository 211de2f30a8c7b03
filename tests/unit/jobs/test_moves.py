"""Moves: the one place where items and jobs change, so that states, counts, versions and announcements agree."""

from itertools import product

import pytest
from sqlalchemy import select

from services.api.jobs import JobState
from services.common.errors import NotFound, WrongState
from services.database.tables import JobItemRow
from services.jobs.moves import Moves
from services.jobs.states import ITEM_WAYS, JOB_WAYS, ItemState
from tests.support.job_rows import item_row, job_row

Q, R, S, F, C = (
    ItemState.QUEUED, ItemState.RUNNING, ItemState.SUCCEEDED, ItemState.FAILED, ItemState.CANCELLED,
)  # fmt: skip


class Listener:
    """Writes down what it hears."""

    def __init__(self, wanted=True):
        self.wanted, self.jobs, self.items = wanted, [], []

    def job_ended(self, session, job):
        self.jobs.append((job.id, job.state))

    def items_ended(self, session, job, items):
        self.items += [each.number for each in items]

    def wants_items(self, session, tenant):
        return self.wanted


@pytest.fixture
def listener():
    return Listener()


@pytest.fixture
def moves(listener):
    return Moves(listener, now=lambda: 7.0)


@pytest.fixture
def job(database):
    """A job of five queued items."""
    with database.transaction() as session:
        session.add(job_row(5))
        session.flush()
        session.add_all(item_row(number) for number in range(5))
    return "job"


@pytest.fixture
def change(database, moves, job):
    """Calls `work(session, row)` in a transaction that holds the tenant's lock, and gives what it returns."""

    def run(work):
        with database.transaction() as session:
            moves.share(session, "acme")
            return work(session, moves.job(session, "acme", job))

    return run


def rows(session):
    return {each.number: each for each in session.scalars(select(JobItemRow))}


def test_items_move_with_their_counts(change, moves):
    assert change(lambda session, job: moves.items(session, job, Q, R, [0, 3], owner="me")) == 2

    def look(session, job):
        told = rows(session)
        return (job.queued, job.running), [n for n, each in told.items() if each.state == R], told[3].owner

    assert change(look) == ((3, 2), [0, 3], "me")


def test_only_items_in_the_named_state_move(change, moves):
    change(lambda session, job: moves.items(session, job, Q, R, [1]))
    assert change(lambda session, job: moves.items(session, job, Q, C)) == 4
    assert change(lambda session, job: (job.queued, job.running, job.cancelled)) == (0, 1, 4)


@pytest.mark.parametrize(
    ("source", "target"), [each for each in product(ItemState, ItemState) if each[1] not in ITEM_WAYS[each[0]]]
)
def test_no_item_goes_a_way_that_there_is_not(source, target):
    with pytest.raises(ValueError, match=f"from {source} to {target}"):
        Moves().item(job_row(), item_row(0, state=source), target)


@pytest.mark.parametrize(
    ("source", "target"), [each for each in product(JobState, JobState) if each[1] not in JOB_WAYS[each[0]]]
)
def test_no_job_goes_a_way_that_there_is_not(source, target):
    with pytest.raises(WrongState, match=f"is {source} and can't become {target}"):
        Moves().to(None, job_row(state=source), target)


def test_versions_grow_and_no_two_items_share_one(change, moves):
    seen = [change(lambda session, job: job.version)]

    def versions(session, job):
        return job.version, sorted(each.version for each in rows(session).values())

    for step in (
        lambda session, job: moves.items(session, job, Q, R),
        lambda session, job: moves.items(session, job, R, S, [1, 4]),
        lambda session, job: moves.item(job, session.get(JobItemRow, ("job", 0)), F),
    ):
        change(step)
        version, of_items = change(versions)
        assert len(set(of_items)) == 5
        assert seen[-1] < of_items[-1] <= version
        seen.append(version)


def test_job_is_done_when_its_last_item_has_ended(change, moves, listener):
    def end(session, job):
        moves.items(session, job, Q, R)
        moves.items(session, job, R, S)
        moves.settle(session, job)
        return job.state, job.ended_s

    assert change(end) == (JobState.DONE, 7.0)
    assert listener.jobs == [("job", JobState.DONE)]


def test_open_job_does_not_end(change, moves):
    def end(session, job):
        job.open = True
        moves.items(session, job, Q, C)
        moves.settle(session, job)
        return job.state

    assert change(end) == JobState.ACTIVE


def test_cancelling_job_ends_with_its_last_item_at_work(change, moves):
    def cancel(session, job):
        moves.items(session, job, Q, R, [2])
        moves.items(session, job, Q, C)
        moves.to(session, job, JobState.CANCELLING)
        moves.settle(session, job)
        before = job.state
        moves.items(session, job, R, C)
        moves.settle(session, job)
        return before, job.state

    assert change(cancel) == (JobState.CANCELLING, JobState.CANCELLED)


def test_retry_makes_a_done_job_active_again(change, moves):
    def retry(session, job):
        moves.items(session, job, Q, R)
        moves.items(session, job, R, F)
        moves.settle(session, job)
        moves.to(session, job, JobState.ACTIVE)
        moves.items(session, job, F, Q)
        moves.settle(session, job)
        return job.state, job.ended_s, job.queued

    assert change(retry) == (JobState.ACTIVE, None, 5)


@pytest.mark.parametrize("wanted", [True, False])
def test_ends_of_items_are_told_to_whom_they_matter(change, moves, listener, wanted):
    listener.wanted = wanted

    def end(session, job):
        moves.items(session, job, Q, R, [0, 1])
        ended = [session.get(JobItemRow, ("job", number)) for number in (0, 1)]
        for each in ended:
            moves.item(job, each, S)
        moves.settle(session, job, ended)

    change(end)
    assert listener.items == ([0, 1] if wanted else [])


def test_nobody_finds_another_tenants_job(database, moves, job):
    with database.reading() as session, pytest.raises(NotFound):
        moves.job(session, "other", job)

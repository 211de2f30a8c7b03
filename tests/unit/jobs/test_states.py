"""States: which ways there are, and that each state can be told."""

import pytest

from services.api import jobs as api
from services.database.tables import JobRow
from services.jobs.states import ENDED_ITEMS, ENDED_JOBS, ITEM_WAYS, JOB_WAYS, ItemState


def test_every_state_has_its_ways():
    assert set(ITEM_WAYS) == set(ItemState)
    assert set(JOB_WAYS) == set(api.JobState)


def test_an_item_that_succeeded_or_was_cancelled_stays_so():
    assert not ITEM_WAYS[ItemState.SUCCEEDED] | ITEM_WAYS[ItemState.CANCELLED]


def test_a_cancelled_job_stays_so():
    assert not JOB_WAYS[api.JobState.CANCELLED]
    assert JOB_WAYS[api.JobState.CANCELLING] == {api.JobState.CANCELLED}


@pytest.mark.parametrize("state", ItemState)
def test_every_way_of_an_item_leads_to_an_end(state):
    seen, reached = set(), {state}
    while reached - seen:
        seen |= reached
        reached = seen.union(*(ITEM_WAYS[each] for each in seen))
    assert seen & ENDED_ITEMS


def test_ended_jobs_begin_nothing_but_by_a_retry():
    assert {target for state in ENDED_JOBS for target in JOB_WAYS[state]} == {api.JobState.ACTIVE}


@pytest.mark.parametrize("state", ItemState)
def test_every_state_is_told_and_counted(state):
    assert state.told in api.ItemState
    assert state.column in JobRow.__table__.columns


def test_waiting_is_told_as_queued():
    assert ItemState.WAITING.told is api.ItemState.QUEUED

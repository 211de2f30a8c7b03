"""Trainings as callers have them, on both databases."""

import pytest

from services.api.trainings import ListStyleTrainingsRequest
from services.common.errors import Conflict, InvalidInput, NotFound, Overloaded, WrongState
from tests.support.training_store import SEEN, TrainingStore


@pytest.fixture
def store(database):
    return TrainingStore(database, max_queued=2)


@pytest.fixture
def quick(sqlite_database):
    """On one database, for what they can't differ in."""
    return TrainingStore(sqlite_database, max_queued=2)


def listed(store, tenant="acme", **fields):
    request = ListStyleTrainingsRequest(**fields)
    with store.database.reading() as session:
        rows, token = store.register.page(session, tenant, request)
    return [row.style_id for row in rows], token


def test_same_key_is_the_same_training(store):
    first = store.create(key="k")
    assert store.create(key="k") == first
    assert store.create("dusk", "other", key="k") != first, "another tenant's key is another"


def test_key_that_was_used_for_another_training_is_a_conflict(store):
    store.create(key="k")
    with pytest.raises(Conflict, match="another training"):
        store.create("dusk", key="k", digest=b"x" * 32)


def test_style_that_is_being_trained_is_not_trained_twice(quick):
    training_id = quick.create()
    with pytest.raises(Conflict, match="being trained already"):
        quick.create()
    quick.cancel(training_id)
    assert quick.create() != training_id


def test_only_so_many_trainings_of_a_tenant_may_wait(store):
    store.create("a")
    store.create("b")
    with pytest.raises(Overloaded, match="at most 2"):
        store.create("c")
    store.clock.pass_s(1)
    assert store.create("c", "other")
    store.ask("succeed", store.claim(), SEEN, lambda: None)
    assert store.create("c")


def test_trainings_come_in_pages_the_newest_first(store):
    for number in range(3):
        store.cancel(store.create(f"s{number}"))
        store.clock.pass_s(1)
    first, token = listed(store, page_size=2)
    second, end = listed(store, page_size=2, page_token=token)
    assert (first, second, end) == (["s2", "s1"], ["s0"], "")
    assert listed(store, "other") == ([], "")
    with pytest.raises(InvalidInput, match="page_token"):
        listed(store, page_token=token, states=["QUEUED"])


def test_trainings_are_listed_by_state(quick):
    quick.cancel(quick.create("a"))
    quick.create("b")
    assert listed(quick, states=["QUEUED"]) == (["b"], "")


def test_waiting_training_is_cancelled_at_once_and_stays_so(quick):
    training_id = quick.create()
    assert [quick.cancel(training_id) for _ in range(2)] == ["CANCELLED"] * 2


def test_training_that_has_ended_is_not_cancelled(quick):
    training_id = quick.create()
    quick.ask("succeed", quick.claim(), SEEN, lambda: None)
    with pytest.raises(WrongState, match="SUCCEEDED"):
        quick.cancel(training_id)


def test_training_of_another_tenant_is_not_found(quick):
    training_id = quick.create()
    for wanted in (training_id, "0" * 32):
        with pytest.raises(NotFound, match="no such training"), quick.database.reading() as session:
            quick.register.one(session, "other", wanted)
        with pytest.raises(NotFound, match="no such training"):
            quick.cancel(wanted, "other")

"""Claims, leases and ends of trainings, on both databases."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from services.common.errors import Conflict, InvalidInput, StorageUnavailable
from services.factory.schema import Hold, TrainingPlan
from tests.support.training_store import NEW, SEEN, TrainingStore

AWAY = StorageUnavailable("away")


@pytest.fixture
def store(database):
    return TrainingStore(database)


@pytest.fixture
def quick(sqlite_database):
    """On one database, for what they can't differ in."""
    return TrainingStore(sqlite_database)


def lapse(store):
    store.clock.pass_s(store.settings.lease_s + 1)
    return store.ask("reap")


def test_claim_carries_what_there_is_to_do(store):
    training_id = store.create()
    task = store.claim()
    assert (task.training_id, task.tenant, task.fence, task.style_id) == (training_id, "acme", 1, "linen")
    assert (task.pictures, task.plan, task.kept_key) == (NEW.pictures, TrainingPlan(steps=4), "")
    assert store.state(training_id) == "RUNNING"
    assert store.claim() is None


def test_tenants_take_turns_and_of_one_the_oldest_goes_first(store):
    for tenant, style_id in (("acme", "a"), ("acme", "b"), ("acme", "c"), ("other", "d")):
        store.create(style_id, tenant)
        store.clock.pass_s(1)
    order = []
    for _ in range(4):
        order.append(store.claim().style_id)
        store.clock.pass_s(1)
    assert order == ["a", "d", "b", "c"]


def test_trainers_that_claim_at_once_get_different_trainings(store):
    for number in range(5):
        store.create(f"s{number}")
    with ThreadPoolExecutor(4) as threads:
        claimed = [task for task in threads.map(lambda _: store.claim(), range(12)) if task is not None]
    claimed += iter(store.claim, None)  # what others held just then
    assert sorted(task.style_id for task in claimed) == [f"s{number}" for number in range(5)]


def test_lease_that_is_renewed_does_not_end(store):
    training_id, task = store.create(), store.claim()
    for step in range(3):
        store.clock.pass_s(store.settings.lease_s - 1)
        assert store.ask("renew", task, step, 0.5) is Hold.OURS
        assert store.ask("reap") == 0
    assert (store.row(training_id).steps_done, store.row(training_id).loss) == (2, 0.5)


def test_training_of_a_dead_trainer_goes_on_where_it_was_kept(store):
    training_id, task = store.create(), store.claim()
    assert store.ask("keep", task, "trainings/acme/x/1-2.safetensors", 2)
    assert lapse(store) == 1
    again = store.claim()
    assert (again.training_id, again.fence) == (training_id, 2)
    assert again.kept_key == "trainings/acme/x/1-2.safetensors"
    assert store.row(training_id).steps_done == 2


def refuse():
    raise AssertionError("a claim that was lost registered a style")


def test_claim_that_was_lost_changes_nothing_and_registers_nothing(store):
    training_id, old = store.create(), store.claim()
    lapse(store)
    new = store.claim()
    assert store.ask("succeed", old, SEEN, refuse) is False
    assert store.ask("renew", old, 3, 0.1) is Hold.LOST
    assert store.ask("keep", old, "late", 3) is False
    assert store.ask("fail", old, InvalidInput("late")) is None
    assert store.ask("give_back", old) is None
    row = store.row(training_id)
    assert (row.state, row.fence, row.kept_key, row.steps_done) == ("RUNNING", new.fence, None, 0)


def test_lease_that_is_over_and_taken_by_nobody_is_lost_too(store):
    training_id, old = store.create(), store.claim()
    lapse(store)
    assert store.ask("succeed", old, SEEN, refuse) is False
    assert store.state(training_id) == "QUEUED"


def test_style_is_registered_with_the_end_and_once(store):
    training_id, task, made = store.create(), store.claim(), []
    assert store.ask("succeed", task, SEEN, lambda: made.append(1)) is True
    assert store.ask("succeed", task, SEEN, lambda: made.append(1)) is True, "its end was not heard of"
    row = store.row(training_id)
    assert (made, row.state, row.steps_done) == ([1], "SUCCEEDED", 4)
    assert (row.kept_key, row.lease_until_s) == (None, None)
    assert row.expires_s == row.ended_s + 30 * 86_400


def test_training_whose_style_is_refused_is_still_held(store):
    training_id, task = store.create(), store.claim()

    def conflict():
        raise Conflict("there is one")

    with pytest.raises(Conflict):
        store.ask("succeed", task, SEEN, conflict)
    assert store.state(training_id) == "RUNNING"
    assert store.ask("fail", task, Conflict("there is one")) == "FAILED"
    assert (store.row(training_id).error_code, store.row(training_id).error) == ("conflict", "there is one")


def test_cancelled_training_is_told_to_stop_and_becomes_no_style(store):
    training_id, task = store.create(), store.claim()
    assert store.cancel(training_id) == "CANCELLING"
    assert store.ask("renew", task, 1, 0.5) is Hold.CANCELLED
    assert store.ask("succeed", task, SEEN, refuse) is False
    assert store.ask("give_back", task) == "CANCELLED"
    assert store.claim() is None


def test_cancelled_training_of_a_dead_trainer_ends(store):
    training_id, _ = store.create(), store.claim()
    store.cancel(training_id)
    lapse(store)
    assert store.state(training_id) == "CANCELLED"


def test_training_that_is_given_back_costs_no_attempt(quick):
    training_id = quick.create()
    for _ in range(5):
        assert quick.ask("give_back", quick.claim()) == "QUEUED"
    assert quick.row(training_id).attempts == 0


def test_failure_that_may_pass_is_tried_again_after_a_pause_until_attempts_are_used_up(store):
    training_id = store.create()
    for _ in range(store.settings.max_attempts - 1):
        assert store.ask("fail", store.claim(), AWAY) == "QUEUED"
        assert store.claim() is None, "it waits"
        store.clock.pass_s(600)
    assert store.ask("fail", store.claim(), AWAY) == "FAILED"
    assert store.row(training_id).error_code == "storage_unavailable"


def test_failure_that_stays_is_not_tried_again(quick):
    training_id = quick.create()
    assert quick.ask("fail", quick.claim(), InvalidInput("too many tokens")) == "FAILED"
    assert quick.row(training_id).attempts == 1


def test_training_that_kills_its_trainers_stops_doing_so(store):
    training_id = store.create()
    for _ in range(store.settings.max_attempts):
        assert store.claim() is not None
        lapse(store)
    assert store.claim() is None
    row = store.row(training_id)
    assert (row.state, row.error_code) == ("FAILED", "internal")
    assert "died or stalled" in row.error


def test_training_that_got_on_has_all_attempts_again(quick):
    training_id = quick.create()
    for step in range(1, 2 * quick.settings.max_attempts):
        quick.ask("keep", quick.claim(), f"key-{step}", step)
        lapse(quick)
    assert quick.state(training_id) == "QUEUED"


def test_backlog_is_what_could_begin(store):
    assert store.ask("backlog").oldest_s == 0
    store.create("a")
    store.create("b")
    store.claim()
    store.clock.pass_s(7)
    backlog = store.ask("backlog")
    assert (backlog.oldest_s, backlog.queued, backlog.running) == (7, 1, 1)


def test_ended_training_is_forgotten_when_its_time_is_over(quick):
    ended, waiting = quick.create("a"), quick.create("b")
    quick.cancel(ended)
    assert quick.ask("expired") == []
    quick.clock.pass_s(31 * 86_400)
    assert quick.ask("expired") == [("acme", ended)]
    for training_id in (ended, waiting):
        quick.ask("forget", training_id)
    assert quick.row(ended) is None
    assert quick.state(waiting) == "QUEUED", "one that has not ended stays"

"""Queue: claims, leases and ends of items, on both databases."""

from collections import Counter
from contextlib import contextmanager

import pytest
from sqlalchemy import event, select

from services.api.jobs import JobState
from services.common.errors import Cancelled, InvalidInput, Overloaded, StorageUnavailable
from services.database.base import Base
from services.database.tables import JobItemRow, JobRow, JobShare, UsageRow
from services.jobs.schema import Outcome
from services.jobs.states import ItemState
from services.tenants.usage import Work
from tests.support.job_store import answer

WORN = Overloaded("later")


def state(store, job_id, number=0):
    return store.item(job_id, number).state


# What is claimed.


def test_claim_carries_what_there_is_to_do(store):
    job_id = store.create(recipe='{"a": 1}', method="cutout")
    (task,) = store.claim()
    assert (task.tenant, task.job_id, task.number, task.key) == ("acme", job_id, 0, "k0")
    assert (task.fence, task.attempt, task.method, task.recipe) == (1, 1, "cutout", '{"a": 1}')


def test_items_begin_by_priority_then_age_then_number(store):
    old = store.create(items=2)
    store.clock.pass_s(1)
    new, urgent = store.create(items=1), store.create(items=1, priority=5)
    assert [(task.job_id, task.number) for task in store.claim(9)] == [(urgent, 0), (old, 0), (old, 1), (new, 0)]


def test_no_item_is_claimed_twice(store):
    store.create(items=7)
    claimed = [task.number for _ in range(5) for task in store.claim(2)]
    assert sorted(claimed) == list(range(7))


def test_only_active_jobs_begin(store):
    job_id = store.create(items=2)
    store.change(job_id, lambda session, job: store.moves.to(session, job, JobState.PAUSED))
    assert store.claim(9) == []
    store.change(job_id, lambda session, job: store.moves.to(session, job, JobState.ACTIVE))
    assert len(store.claim(9)) == 2


def test_content_policy_of_the_tenant_is_told(store):
    store.limit("acme", content_policy=True)
    store.create()
    assert store.claim()[0].content_policy


# Whose turn it is.


def drain(store, most, seconds=1.0, rounds=40):
    """Claims and finishes over and over; whose items began, in their order."""
    order = []
    for _ in range(rounds):
        tasks = store.claim(most)
        order += [task.tenant for task in tasks]
        store.finish(*(answer(task, seconds) for task in tasks))
    return order


def test_tenants_share_by_weight_in_the_long_run(store):
    store.limit("heavy", job_weight=3)
    store.create("heavy", items=200)
    store.create("light", items=200)
    order = drain(store, 4)
    assert order.count("heavy") == pytest.approx(3 * order.count("light"), abs=4)


def test_who_needs_longer_for_an_item_gets_fewer_of_them(store):
    store.create("slow", items=200)
    store.create("quick", items=200)
    order = []
    for _ in range(40):
        tasks = store.claim(2)
        order += [task.tenant for task in tasks]
        store.finish(*(answer(task, {"slow": 4.0, "quick": 1.0}[task.tenant]) for task in tasks))
    assert order.count("quick") == pytest.approx(4 * order.count("slow"), rel=0.15)


@pytest.mark.parametrize("seconds", [0.01, 1.0, 60.0])
def test_single_item_waits_for_no_further_item_of_a_tenant_with_many(store, seconds):
    store.create("big", items=100)
    store.finish(*(answer(task, seconds) for task in store.claim(3)))
    running = store.claim(8)
    store.create("small", items=1)
    store.finish(*(answer(task, seconds) for task in running))
    assert store.claim(1)[0].tenant == "small"


def test_newcomer_does_not_make_up_for_the_time_before(store):
    store.create("early", items=300)
    drain(store, 4, rounds=20)
    store.create("late", items=300)
    order = drain(store, 4, rounds=20)
    assert order.count("late") == pytest.approx(order.count("early"), abs=6)


def test_who_worked_alone_owes_nothing_to_who_comes_afterwards(store):
    store.create("early", items=40)
    drain(store, 4, rounds=10)
    store.create("late", items=40)
    store.create("early", items=40)
    order = drain(store, 2, rounds=10)
    assert order.count("late") == pytest.approx(10, abs=2)


def test_no_more_items_of_a_tenant_are_at_work_than_its_cap(store):
    store.limit("acme", job_running=2)
    store.create(items=5)
    store.create("other", items=1)
    tasks = store.claim(9)
    assert [task.tenant for task in tasks].count("acme") == 2
    assert store.claim(9) == []
    store.finish(*map(answer, tasks))
    assert len(store.claim(9)) == 2


def test_capped_tenant_saves_up_no_turns_for_itself_or_for_newcomers(store):
    store.limit("capped", job_running=1)
    store.create("capped", items=50)
    store.create("free", items=400)
    (slow,) = [task for task in store.claim(2) if task.tenant == "capped"]
    drain(store, 4, rounds=20)
    store.finish(answer(slow))
    store.limit("capped", job_running=-1)
    store.create("late", items=50)
    order = drain(store, 3, rounds=20)
    assert [order.count(tenant) for tenant in ("capped", "free", "late")] == pytest.approx([20, 20, 20], abs=6)


# Quotas.


def test_used_up_quota_holds_the_tenant_until_there_is_room_again(store):
    store.limit("acme", quota_items=2)
    store.create(items=3)
    assert len(store.claim(9)) == 2
    assert store.claim(9) == []
    assert store.share().held_until_s > store.clock()
    store.limit("acme", quota_items=5)
    store.clock.pass_s(61)
    assert store.reap() > 0
    assert len(store.claim(9, owner="other")) >= 1


def test_what_failed_or_was_given_back_costs_no_quota(store):
    store.create(items=4)
    made, refused, waiting, returned = store.claim(4)
    store.finish(
        answer(made), Outcome(refused, error=InvalidInput("no")), Outcome(waiting, error=WORN), Outcome(returned)
    )
    assert (store.used().items, store.used().megapixels) == (1, 0.5)


# How items end.


def test_answer_is_kept_counted_and_written_down_once(store):
    job_id = store.create(items=1)
    (task,) = store.claim()
    assert store.finish(answer(task, seconds=2.0)) == [True]
    assert "shots/acme" in store.item(job_id).result
    job = store.job(job_id)
    assert (job.state, job.succeeded, job.compute_s, job.megapixels) == (JobState.DONE, 1, 2.0, 0.5)
    assert ledger(store) == [("acme", "CreateShot", f"{job_id}/0")]


def ledger(store):
    with store.database.reading() as session:
        return [tuple(row) for row in session.execute(select(UsageRow.tenant, UsageRow.method, UsageRow.request_id))]


def test_finish_that_was_not_heard_of_can_be_repeated(store):
    store.create(items=1)
    (task,) = store.claim()
    assert [store.finish(answer(task)) for _ in range(2)] == [[True], [True]]
    assert (len(ledger(store)), store.used().items) == (1, 1)


def test_failure_that_may_pass_is_tried_again_after_a_wait(store):
    job_id = store.create(items=1, max_attempts=2)
    store.finish(Outcome(store.claim()[0], error=WORN))
    assert (state(store, job_id), store.item(job_id).error_code) == (ItemState.WAITING, "overloaded")
    assert store.claim() == []
    store.clock.pass_s(store.settings.backoff_s)
    store.reap()
    store.finish(Outcome(store.claim()[0], error=WORN))
    assert (state(store, job_id), store.item(job_id).attempts) == (ItemState.FAILED, 2)


def test_failure_that_stays_is_not_tried_again(store):
    job_id = store.create(items=1)
    store.finish(Outcome(store.claim()[0], error=InvalidInput("the photo is no image")))
    item = store.item(job_id)
    assert (item.state, item.error_code, item.error) == (ItemState.FAILED, "invalid_input", "the photo is no image")
    assert ledger(store) == [("acme", "CreateShot", f"{job_id}/0")]


def test_compute_of_attempts_that_failed_is_written_down_without_a_picture(store):
    job_id = store.create(items=1, max_attempts=2)
    for seconds in (1.5, 0.25):
        store.finish(Outcome(store.claim()[0], error=WORN, work=Work(stage_s={"segment": seconds})))
        store.clock.pass_s(store.settings.max_backoff_s)
        store.reap()
    with store.database.reading() as session:
        rows = [tuple(row) for row in session.execute(select(UsageRow.items, UsageRow.segment_s).order_by(UsageRow.id))]
    assert rows == [(0, 1.5), (0, 0.25)]
    assert (store.job(job_id).state, store.job(job_id).compute_s) == (JobState.DONE, 1.75)
    assert store.used().items == 0


def test_item_that_is_given_back_costs_no_attempt_and_no_time(store):
    job_id = store.create(items=1)
    before = store.share().virtual_s
    store.finish(Outcome(store.claim()[0]))
    assert (state(store, job_id), store.item(job_id).attempts) == (ItemState.QUEUED, 0)
    assert (store.share().virtual_s, store.share().running) == (before, 0)
    assert (store.claim()[0].fence, store.item(job_id).attempts) == (2, 1)


def test_cancelled_job_ends_when_its_items_at_work_have_stopped(store):
    job_id = store.create(items=3)
    (task,) = store.claim()
    store.change(job_id, store.moves.cancel)
    assert store.renew([task]).stop == {task.claim}
    assert store.job(job_id).state == JobState.CANCELLING
    store.finish(Outcome(task, error=Cancelled("stopped")))
    job = store.job(job_id)
    assert (job.state, job.cancelled) == (JobState.CANCELLED, 3)


# Leases.


def test_lease_that_ended_gives_the_item_to_another_and_the_loser_counts_for_nothing(store):
    job_id = store.create(items=1)
    (first,) = store.claim(owner="first")
    store.clock.pass_s(store.settings.lease_s)
    store.reap()
    (second,) = store.claim(owner="second")
    assert second.fence > first.fence
    assert store.finish(answer(first), owner="first") == [False]
    assert store.finish(answer(second), owner="second") == [True]
    assert store.finish(answer(first), owner="first") == [False]
    assert f"0-{second.fence}-" in store.item(job_id).result
    assert len(ledger(store)) == 1


def test_late_loser_counts_for_nothing_also_while_nobody_took_over(store):
    job_id = store.create(items=1)
    (task,) = store.claim()
    store.clock.pass_s(store.settings.lease_s)
    store.reap()
    assert store.finish(answer(task)) == [False]
    assert state(store, job_id) == ItemState.QUEUED


def test_lease_that_is_renewed_does_not_end(store):
    store.create(items=1)
    tasks = store.claim()
    for _ in range(5):
        store.clock.pass_s(store.settings.lease_s * 0.7)
        assert store.renew(tasks).claims == {tasks[0].claim}
        assert store.reap() == 0


def test_renewal_tells_which_claims_were_lost(store):
    store.create(items=2)
    kept, lost = store.claim(2)
    store.finish(Outcome(lost))
    assert store.renew([kept, lost]).claims == {kept.claim}
    assert store.renew([kept], owner="other").claims == frozenset()


def test_item_that_kills_its_worker_each_time_is_given_up_with_the_reason(store):
    job_id = store.create(items=1, max_attempts=3)
    for _ in range(3):
        assert len(store.claim()) == 1
        store.clock.pass_s(store.settings.lease_s)
        store.reap()
    item = store.item(job_id)
    assert (item.state, item.attempts, item.error_code) == (ItemState.FAILED, 3, "internal")
    assert "died or stalled" in item.error
    assert (store.job(job_id).state, store.used().items, store.share().running) == (JobState.DONE, 0, 0)


def test_stopped_item_whose_worker_died_is_cancelled(store):
    job_id = store.create(items=1)
    store.claim()
    store.change(job_id, store.moves.cancel)
    store.clock.pass_s(store.settings.lease_s)
    store.reap()
    assert store.job(job_id).state == JobState.CANCELLED


# Backlog.


def test_backlog_tells_what_could_begin_and_since_when(store):
    store.limit("capped", job_running=1)
    store.create("capped", items=9)
    store.clock.pass_s(10)
    store.create(items=4)
    store.clock.pass_s(5)
    assert store.backlog().oldest_s == 15
    store.claim(2)
    told = store.backlog()
    assert (told.oldest_s, told.queued, told.running) == (5, 3, 2)


def test_backlog_of_nothing_is_nothing(store):
    told = store.backlog()
    assert (told.oldest_s, told.queued, told.running) == (0, 0, 0)


# What many tenants and jobs cost.


@pytest.mark.parametrize(("tenants", "jobs_of_each"), [(1, 60), (60, 1)])
def test_claim_reads_few_of_many_jobs_and_tenants(store, tenants, jobs_of_each):
    for tenant in range(tenants):
        for _ in range(jobs_of_each):
            store.create(f"tenant-{tenant}", items=1)
    with counting_rows() as loaded:
        assert len(store.claim(2)) == 2
    assert loaded[JobRow] <= 4
    assert loaded[JobShare] <= 8
    assert loaded[JobItemRow] == 2


@contextmanager
def counting_rows():
    loaded = Counter()

    def count(row, _):
        loaded[type(row)] += 1

    event.listen(Base, "load", count, propagate=True)
    yield loaded
    event.remove(Base, "load", count)


def test_transaction_that_fails_changes_nothing(store):
    job_id = store.create(items=2)
    with pytest.raises(StorageUnavailable):
        store.claim_in_vain()
    assert (store.job(job_id).running, store.share().running, store.used().items) == (0, 0, 0)
    assert len(store.claim(9)) == 2

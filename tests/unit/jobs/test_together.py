"""Several dispatchers at once: each item is at one of them, and none waits for another for ever."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from services.api.jobs import JobState
from services.common.settings import DatabaseSettings
from services.database.database import Database
from tests.support.job_store import JobStore, answer

DISPATCHERS = 4
TENANTS, ITEMS = 5, 12


def test_dispatchers_at_once_get_different_items_and_end_them_all(store):
    jobs = {f"t{number}": store.create(f"t{number}", items=ITEMS) for number in range(TENANTS)}
    begun = Counter()
    together, over = threading.Barrier(DISPATCHERS), threading.Event()

    def dispatch(owner):
        together.wait()
        try:
            while not over.is_set() and any(store.job(job_id).state != JobState.DONE for job_id in jobs.values()):
                tasks = store.claim(3, owner)
                begun.update((task.job_id, task.number) for task in tasks)
                assert store.renew(tasks, owner).claims == {task.claim for task in tasks}
                assert all(store.finish(*map(answer, tasks), owner=owner))
                store.reap()
        finally:
            over.set()  # also for the others: what somebody failed with would never be done

    with ThreadPoolExecutor(DISPATCHERS) as pool:
        for each in [pool.submit(dispatch, f"d{number}") for number in range(DISPATCHERS)]:
            each.result()
    assert len(begun) == TENANTS * ITEMS
    assert set(begun.values()) == {1}
    assert sum(store.used(tenant).items for tenant in jobs) == TENANTS * ITEMS


def test_claim_passes_by_whom_another_holds(database_of_postgres):
    store = database_of_postgres
    store.create("first", items=1)
    store.create("second", items=1)
    with store.database.transaction() as session:
        store.moves.share(session, "first")
        assert [task.tenant for task in store.claim(9)] == ["second"]


def test_claim_waits_for_the_only_tenant_rather_than_go_without(database_of_postgres):
    store = database_of_postgres
    store.create(items=1)
    with ThreadPoolExecutor(1) as pool:
        with store.database.transaction() as session:
            store.moves.share(session, "acme")
            claiming = pool.submit(store.claim)
        assert len(claiming.result()) == 1


def test_claim_that_waited_in_vain_keeps_no_lock_that_others_wait_for(database_of_postgres):
    store = database_of_postgres
    store.create("b", items=1)
    store.create("a", items=1)
    with store.database.transaction() as session:
        store.moves.share(session, "a").virtual_s = 1e6  # "b" comes first
    with ThreadPoolExecutor(2) as pool, store.database.transaction() as other:
        store.moves.share(other, "a")
        with store.database.transaction() as first:
            store.moves.share(first, "b").ready = False
            claiming = pool.submit(store.claim)
            wait_for_waiters(store, 1)
        # Names in their order, as everybody takes locks: with "b" kept by the claim, which waits for "a", a deadlock.
        store.moves.share(other, "b")
    # "a" is taken where its lock was gone before the claim came to it.
    assert [task.tenant for task in claiming.result()] in ([], ["a"])


def wait_for_waiters(store, count):
    """Until so many connections wait for a lock."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    while True:
        with store.database.reading() as session:
            if session.scalar(waiting) >= count:
                return
        time.sleep(0.01)


@pytest.fixture
def database_of_postgres(postgres, tmp_path):
    opened = Database.open(DatabaseSettings(url=postgres.new_database()), tmp_path)
    yield JobStore(opened)
    opened.close()

"""Entry: jobs come in whole or not at all, each key once."""

import pytest

from services.api.jobs import JobState
from services.common.errors import Conflict, InvalidInput, Overloaded, TooLarge, WrongState
from services.jobs import entry
from services.jobs.schema import NewItem
from tests.support.job_store import JobStore, new_items, new_job


def begin(store, tenant="acme", **values):
    with store.database.transaction() as session:
        return store.entry.begin(session, tenant, new_job(**values)).id


def add(store, job_id, items):
    return store.change(job_id, lambda session, job: store.entry.add(session, job, items))


def finish(store, job_id, **values):
    store.change(job_id, lambda session, job: store.entry.finish(session, job, new_job(**values)))


def keyed(*keys):
    return [NewItem(key, "{}") for key in keys]


def test_items_are_numbered_in_the_order_in_which_they_came(store):
    job_id = begin(store)
    assert [add(store, job_id, new_items(2)), add(store, job_id, new_items(3, first=2))] == [2, 3]
    assert [store.item(job_id, number).key for number in range(5)] == ["k0", "k1", "k2", "k3", "k4"]
    assert len({store.item(job_id, number).version for number in range(5)}) == 5


def test_nothing_of_a_job_begins_before_its_creation_is_over(store):
    job_id = begin(store)
    add(store, job_id, new_items(2))
    assert store.claim(9) == []
    finish(store, job_id)
    assert len(store.claim(9)) == 2


def test_job_being_made_expires_within_minutes_and_is_kept_afterwards(store):
    job_id = begin(store)
    assert store.job(job_id).expires_s <= store.clock() + 900
    finish(store, job_id, keep_s=86_400, open=True)
    assert store.job(job_id).expires_s == store.clock() + 86_400


def test_keys_that_are_known_are_left_out(store):
    job_id = begin(store)
    add(store, job_id, keyed("a", "b"))
    assert add(store, job_id, keyed("b", "c", "a")) == 1
    assert (store.job(job_id).total, store.item(job_id, 2).key) == (3, "c")


def test_two_items_of_one_key_are_refused_with_the_key(store):
    with pytest.raises(InvalidInput, match="'a'"):
        add(store, begin(store), keyed("a", "b", "a"))


@pytest.mark.parametrize("before", [True, False])
def test_item_without_a_key_is_not_mistaken_for_one_of_its_number(store, before):
    job_id = begin(store)
    if before:
        add(store, job_id, keyed("1"))
    with pytest.raises(InvalidInput, match="1 is another item's key"):
        add(store, job_id, [NewItem("", "{}")] if before else keyed("", "", "1"))


def test_items_without_keys_are_known_by_their_numbers(store):
    job_id = begin(store)
    add(store, job_id, keyed("", ""))
    add(store, job_id, keyed("x", ""))
    assert [store.item(job_id, number).key for number in range(4)] == ["0", "1", "x", "3"]


def test_same_request_again_is_the_same_job(store):
    job_id = store.create(key="k")
    assert begin(store, key="k") == job_id
    assert begin(store, tenant="other", key="k") != job_id


def test_key_of_another_request_is_refused(store):
    store.create(key="k")
    with pytest.raises(Conflict, match="another job"):
        begin(store, key="k", digest=b"1" * 32)


def test_creation_that_is_begun_anew_leaves_the_first_without_effect(store):
    first = begin(store, key="k")
    second = begin(store, key="k")
    assert second != first
    for step in (lambda: add(store, first, keyed("a")), lambda: finish(store, first)):
        with pytest.raises(WrongState, match="begun anew"):
            step()
    finish(store, second, open=True)


def test_key_of_a_job_whose_time_is_over_may_be_used_again(store):
    first = store.create(key="k", keep_s=60)
    store.clock.pass_s(61)
    assert begin(store, key="k") != first


def test_job_that_is_not_open_takes_no_items(store):
    with pytest.raises(WrongState, match="takes no more items"):
        add(store, store.create(), keyed("new"))


def test_items_of_an_open_job_begin_at_once(store):
    job_id = store.create(items=0, open=True)
    assert store.job(job_id).state == JobState.ACTIVE
    add(store, job_id, keyed("a"))
    assert [task.key for task in store.claim()] == ["a"]


def test_job_without_items_is_done(store):
    assert store.job(store.create(items=0)).state == JobState.DONE


def test_creation_can_not_be_resumed_before_it_is_over(store):
    job_id = begin(store)
    with pytest.raises(WrongState, match="creation is not over"):
        store.change(job_id, lambda session, job: store.moves.to(session, job, JobState.ACTIVE))


def test_tenant_whose_waiting_items_are_too_many_is_told_to_wait(database):
    store = JobStore(database, max_queued=5)
    store.create(items=3)
    with pytest.raises(Overloaded, match="at most 5"):
        store.create(items=3)
    store.create("other", items=3)
    for task in store.claim(9):
        assert task.tenant in {"acme", "other"}
    store.create(items=3)


def test_job_has_no_more_items_than_one_may_have(store, monkeypatch):
    monkeypatch.setattr(entry, "MAX_ITEMS", 4)
    with pytest.raises(TooLarge, match="at most 4"):
        store.create(items=5)
    store.create(items=4)

"""Dispatchers on the real queue, on both databases: each item ends once, whatever happens to either."""

import pytest
from sqlalchemy import func, select

from services.common.errors import StorageUnavailable
from services.common.metrics import Recorder, Silent
from services.database.tables import UsageRow
from services.jobs.claimant import Claimant
from services.jobs.dispatcher import Dispatcher
from services.jobs.harvest import Harvest
from services.jobs.schema import Task
from services.tenants.workload import TenantMetrics
from tests.support.fake_claimant import FakeWork
from tests.support.job_store import JobStore, answer
from tests.support.patience import until


class ForgetfulDatabase:
    """Keeps what was done, but some of its answers get lost.

    Args:
        database: Keeps it.
        kind: Lists of such are lost.
        count: How many of them.
    """

    def __init__(self, database, kind, count):
        self._database = database
        self._kind = kind
        self.count = count

    async def run(self, work):
        result = await self._database.run(work)
        if self.count and isinstance(result, list) and result and isinstance(result[0], self._kind):
            self.count -= 1
            raise StorageUnavailable("the database does not answer")
        return result

    async def read(self, work):
        return await self._database.read(work)


class Stalled(Claimant):
    """Does not come to renew its leases."""

    async def renew(self, tasks):
        raise StorageUnavailable("the database does not answer")


class Work(FakeWork):
    """Tells the picture's key by the claim, as the workflow does."""

    async def outcome(self, item):
        await super().outcome(item)
        return answer(item)


@pytest.fixture
async def bench(database):
    started = []

    def start(store, work, own_database=database, claimant_type=Claimant, **settings):
        recorder = Recorder(Silent)
        claimant = claimant_type(own_database, store.queue)
        harvest = Harvest(claimant, work.discard, recorder, TenantMetrics(recorder, 10))
        own = store.settings.model_copy(update=settings)
        dispatcher = Dispatcher(claimant, work.outcome, harvest, own, recorder, _ready)
        dispatcher.start()
        started.append(dispatcher)
        return dispatcher

    yield start
    for each in started:
        await each.drain()


async def _ready():
    return True


@pytest.fixture
def store(database):
    return JobStore(database, claim_every_s=0.01, at_once=4, drain_s=0.01)


def ledger(store):
    with store.database.reading() as session:
        return session.scalar(select(func.count()).select_from(UsageRow))


async def test_two_dispatchers_make_each_item_once(bench, store):
    job, work = store.create(items=40), Work()
    work.gate.set()
    for _ in range(2):
        bench(store, work)
    await until(lambda: store.job(job).state == "DONE")
    assert sorted(work.begun) == list(range(40))
    assert (store.job(job).succeeded, ledger(store)) == (40, 40)


async def test_outcome_whose_answer_got_lost_counts_once_and_keeps_its_files(bench, store):
    job, work = store.create(items=1), Work()
    work.gate.set()
    forgetful = ForgetfulDatabase(store.database, bool, count=2)
    dispatcher = bench(store, work, forgetful)
    await until(lambda: not forgetful.count)
    await dispatcher.drain()
    assert store.job(job).state == "DONE"
    assert (work.discarded, ledger(store)) == ([], 1)


async def test_claim_that_nobody_heard_of_is_made_by_another(bench, store):
    job, work = store.create(items=1), Work()
    work.gate.set()
    forgetful = ForgetfulDatabase(store.database, Task, count=1)
    first = bench(store, work, forgetful)
    await until(lambda: not forgetful.count)
    store.clock.pass_s(store.settings.lease_s + 1)
    first.wake()
    await until(lambda: store.job(job).state == "DONE")
    assert (work.begun, store.item(job).fence) == ([0], 2)


async def test_item_that_was_given_back_is_made_by_another(bench, store):
    job, slow, quick = store.create(items=1), Work(), Work()
    first = bench(store, slow)
    await until(lambda: slow.begun)
    await first.drain()
    assert (store.item(job).state, store.item(job).attempts) == ("QUEUED", 0)
    quick.gate.set()
    bench(store, quick)
    await until(lambda: store.job(job).state == "DONE")


async def test_item_of_a_dispatcher_that_stalled_has_the_other_ones_result(bench, store):
    job, stalled, quick = store.create(items=1), Work(), Work()
    bench(store, stalled, claimant_type=Stalled, at_once=1)
    await until(lambda: stalled.begun)
    store.clock.pass_s(store.settings.lease_s + 1)
    quick.gate.set()
    second = bench(store, quick)
    second.wake()
    await until(lambda: store.job(job).state == "DONE")
    stalled.gate.set()
    await until(lambda: stalled.discarded)
    assert stalled.discarded == [f"shots/acme/{job}/0-1-0.jpg"]
    assert f"{job}/0-2-0.jpg" in store.item(job).result
    assert ledger(store) == 1

"""The dispatcher: what it claims, what it stops, and what it does when things go wrong."""

import asyncio

import pytest

from services.common.errors import Cancelled, InvalidInput, NotReady
from services.common.job_settings import JobSettings
from services.common.metrics import JOB_CLAIMS_LOST, Recorder
from services.jobs.dispatcher import Dispatcher
from services.jobs.harvest import Harvest
from services.tenants.workload import TenantMetrics
from tests.support.fake_claimant import FakeClaimant, FakeWork
from tests.support.fake_metrics import FakeMetrics
from tests.support.patience import until


class Bench:
    """A dispatcher over a queue in memory, with work that ends when it is let."""

    def __init__(self, count, ready=True, stuck_after_s=600.0, **settings):
        self.claimant, self.work, self.metrics = FakeClaimant(count), FakeWork(), FakeMetrics()
        recorder = Recorder(self.metrics)
        self.harvest = Harvest(self.claimant, self.work.discard, recorder, TenantMetrics(recorder, 10))
        self.is_ready, self.asked = ready, 0
        jobs = JobSettings(**{"claim_every_s": 0.001, "lease_s": 1, "drain_s": 0.01} | settings)
        self.dispatcher = Dispatcher(
            self.claimant, self.work.outcome, self.harvest, jobs, recorder, self._ready, stuck_after_s
        )

    async def _ready(self):
        self.asked += 1
        return self.is_ready

    async def ended(self, count):
        await until(lambda: len(self.claimant.outcomes) >= count)
        return self.claimant.outcomes


@pytest.fixture
async def bench():
    benches = []

    def make(count=0, **options):
        benches.append(Bench(count, **options))
        benches[-1].dispatcher.start()
        return benches[-1]

    yield make
    for each in benches:
        each.claimant.away = False
        await each.dispatcher.drain()


async def test_every_item_is_made_once(bench):
    made = bench(20, at_once=3)
    made.work.gate.set()
    outcomes = await made.ended(20)
    assert sorted(made.work.begun) == sorted(outcomes) == list(range(20))
    assert all(outcome.answer for outcome in outcomes.values())


async def test_no_more_is_claimed_than_can_begin(bench):
    made = bench(20, at_once=3)
    await until(lambda: len(made.work.begun) == 3)
    asked = len(made.claimant.most)
    await asyncio.sleep(0.02)
    assert (len(made.claimant.most), len(made.claimant.waiting)) == (asked, 17)
    made.work.gate.set()
    await made.ended(20)
    assert max(made.claimant.most) <= 3


async def test_item_whose_job_is_cancelled_stops(bench):
    made = bench(2)
    await until(lambda: len(made.work.begun) == 2)
    made.claimant.stop = {1}
    made.dispatcher.wake()
    outcomes = await made.ended(1)
    assert set(outcomes) == {1}
    assert isinstance(outcomes[1].error, Cancelled)


async def test_item_that_was_lost_stops_and_nothing_is_told_of_it(bench):
    made = bench(1)
    await until(lambda: made.work.begun)
    made.claimant.lost = {0}
    made.dispatcher.wake()
    await until(lambda: made.metrics.values[JOB_CLAIMS_LOST.name, ()])
    assert made.claimant.outcomes == {}


async def test_item_that_ended_while_it_was_lost_leaves_no_files(bench):
    made = bench(1)
    await until(lambda: made.work.begun)
    made.claimant.lost = {0}
    made.work.gate.set()
    await until(lambda: made.work.discarded)
    assert made.claimant.outcomes == {}


async def test_outcome_outlasts_a_restart_of_the_database(bench):
    made = bench(5, at_once=2)
    await until(lambda: len(made.work.begun) == 2)
    made.claimant.away = True
    made.work.gate.set()
    await until(lambda: len(made.harvest) == 2)
    await asyncio.sleep(0.01)
    assert len(made.work.begun) == 2
    made.claimant.away = False
    assert len(await made.ended(5)) == 5
    assert made.work.discarded == []


async def test_error_of_one_item_holds_up_no_other(bench):
    made = bench(3)
    made.work.errors[1] = InvalidInput("the photo is no photo")
    made.work.gate.set()
    outcomes = await made.ended(3)
    assert [outcomes[number].error is None for number in range(3)] == [True, False, True]


async def test_nothing_is_claimed_before_the_stages_answer(bench):
    made = bench(1, ready=False)
    await until(lambda: made.asked > 3)
    assert made.claimant.most == []
    made.is_ready = True
    made.work.gate.set()
    await made.ended(1)


async def test_stages_are_asked_again_after_one_did_not_answer(bench):
    made = bench(1)
    made.work.errors[0] = NotReady("a stage is being replaced")
    made.is_ready = True
    await until(lambda: made.work.begun)
    made.is_ready = False
    made.work.gate.set()
    await made.ended(1)
    claims = len(made.claimant.most)
    await until(lambda: made.asked > 3)
    assert len(made.claimant.most) == claims


async def test_stage_that_stops_by_itself_cancels_nothing(bench):
    made = bench(1)
    made.work.errors[0] = Cancelled("the caller left before the work was done")
    made.work.gate.set()
    [outcome] = (await made.ended(1)).values()
    assert isinstance(outcome.error, NotReady)


async def test_drain_waits_for_what_ends_in_time(bench):
    made = bench(5, at_once=2, drain_s=30)
    await until(lambda: len(made.work.begun) == 2)
    draining = asyncio.create_task(made.dispatcher.drain())
    await asyncio.sleep(0)
    made.work.gate.set()
    await draining
    assert sorted(made.claimant.outcomes) == [0, 1]
    assert all(outcome.answer for outcome in made.claimant.outcomes.values())
    assert len(made.claimant.waiting) == 3


async def test_drain_gives_back_what_does_not_end(bench):
    made = bench(1)
    await until(lambda: made.work.begun)
    await made.dispatcher.drain()
    [outcome] = made.claimant.outcomes.values()
    assert (outcome.answer, outcome.error) == (None, None)


async def test_stage_that_goes_while_draining_costs_no_attempt(bench):
    made = bench(1, drain_s=30)
    made.work.errors[0] = NotReady("a stage is being replaced")
    await until(lambda: made.work.begun)
    draining = asyncio.create_task(made.dispatcher.drain())
    await asyncio.sleep(0)
    made.work.gate.set()
    await draining
    assert made.claimant.outcomes[0].error is None


async def test_leases_are_renewed_only_while_there_are_items(bench):
    made = bench(0)
    made.dispatcher.wake()
    await until(lambda: made.claimant.reaped > 1)
    assert made.claimant.renewed == 0


async def test_item_that_hangs_is_told(bench):
    made = bench(1, stuck_after_s=-1.0)
    await until(lambda: made.work.begun)
    with pytest.raises(NotReady, match="an item has been at work"):
        made.dispatcher.check()


async def test_dispatcher_at_work_is_healthy(bench):
    made = bench(1)
    await until(lambda: made.work.begun)
    made.dispatcher.check()

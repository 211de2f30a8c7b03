"""What has ended reaches the database, or is dropped with its files."""

import asyncio

import pytest

from services.common.errors import InvalidInput, StorageUnavailable
from services.common.metrics import JOB_CLAIMS_LOST, JOB_ITEMS, TENANT_ITEMS, TENANT_STAGE_SECONDS, Recorder
from services.jobs.harvest import Harvest
from services.jobs.schema import Outcome
from services.tenants.usage import Work
from services.tenants.workload import TenantMetrics
from tests.support.fake_claimant import FakeClaimant, FakeWork, made, task
from tests.support.fake_metrics import FakeMetrics


@pytest.fixture
def metrics():
    return FakeMetrics()


@pytest.fixture
def claimant():
    return FakeClaimant()


@pytest.fixture
async def work():
    return FakeWork()


@pytest.fixture
def harvest(claimant, work, metrics):
    recorder = Recorder(metrics)
    return Harvest(claimant, work.discard, recorder, TenantMetrics(recorder, 10))


async def test_outcomes_are_written_together(harvest, claimant):
    for number in range(3):
        harvest.add(made(task(number)))
    await harvest.write()
    assert claimant.batches == [3]
    assert len(harvest) == 0


async def test_outcomes_are_kept_while_the_database_is_away(harvest, claimant):
    harvest.add(made(task(7)))
    claimant.away = True
    with pytest.raises(StorageUnavailable):
        await harvest.write()
    assert [each.number for each in harvest.tasks] == [7]
    claimant.away = False
    await harvest.write()
    assert set(claimant.outcomes) == {7}


async def test_files_of_a_lost_claim_are_removed(harvest, claimant, work, metrics):
    harvest.add(made(task(1)))
    harvest.add(made(task(2)))
    claimant.lost = {2}
    await harvest.write()
    await asyncio.sleep(0)  # the removal goes on beside
    assert work.discarded == ["cutouts/local/job/2-1-aa.png"]
    assert metrics.values[JOB_CLAIMS_LOST.name, ()] == [1]


async def test_outcome_that_cant_be_written_holds_up_no_other(harvest, claimant, work):
    for number in range(3):
        harvest.add(made(task(number)))
    claimant.poison = {1}
    await harvest.write()
    await asyncio.sleep(0)  # the removal goes on beside
    assert set(claimant.outcomes) == {0, 2}
    assert work.discarded == ["cutouts/local/job/1-1-aa.png"]
    assert len(harvest) == 0


async def test_outcomes_are_counted_by_code_and_work_by_tenant(harvest, metrics):
    harvest.add(made(task(1, tenant="acme")))
    harvest.add(Outcome(task(2), error=InvalidInput("wrong"), work=Work(stage_s={"segment": 0.5})))
    harvest.add(Outcome(task(3)))
    await harvest.write()
    counted = {labels: values for (name, labels), values in metrics.values.items() if name == JOB_ITEMS.name}
    assert counted == {(("outcome", each),): [1] for each in ("ok", "invalid_input", "released")}
    assert metrics.values[TENANT_ITEMS.name, (("tenant", "acme"),)] == [1]
    spent = (("stage", "segment"), ("tenant", "local"))
    assert metrics.values[TENANT_STAGE_SECONDS.name, spent] == [0.5]

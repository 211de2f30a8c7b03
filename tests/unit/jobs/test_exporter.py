"""What the database knows, as Prometheus reads it."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from services.common.metrics import STORED
from services.common.settings import TenantSettings
from services.database.tables import DeliveryRow, JobShare, QuotaPeriod, StyleTrainingRow, WebhookRow
from services.jobs.exporter import KEPT_S, Exporter, StoreFigures
from services.tenants.quota import Period
from tests.support.clocks import Clock
from tests.support.job_rows import job_row
from tests.support.training_store import TrainingStore

NOW_S = 1_700_000_000.0


@pytest.fixture
def clock():
    return Clock(NOW_S)


@pytest.fixture
def exporter(database, clock):
    def opened(**tenants):
        return Exporter(database, StoreFigures(TenantSettings(**tenants), clock), clock)

    return opened


def job(name, tenant="acme", state="ACTIVE", created_s=NOW_S, **counts):
    return job_row(id=name, tenant=tenant, state=state, created_s=created_s, **{"queued": 0, **counts})


def share(tenant="acme", held_until_s=0.0):
    return JobShare(tenant=tenant, virtual_s=0.0, running=0, item_s=0.0, held_until_s=held_until_s)


def message(name, state, created_s):
    return DeliveryRow(
        id=name, webhook_id="w", tenant="acme", event="job.done", payload="{}", created_s=created_s, state=state,
        attempts=0, next_s=0, owner=None, ended_s=None,
    )  # fmt: skip


def add(database, *rows):
    with database.transaction() as session:
        session.add_all(rows)


async def told(exporter):
    """Values by metric, and there by label; "" where there is none."""
    families = text_string_to_metric_families((await exporter.page()).decode())
    return {
        family.name: {next(iter(sample.labels.values()), ""): sample.value for sample in family.samples}
        for family in families
    }


async def test_empty_database_tells_zeros_for_every_state(exporter):
    figures = await told(exporter())
    assert set(figures) == {metric.name for metric in STORED}
    assert figures["vitrine_job_items"] == dict.fromkeys(
        ("QUEUED", "WAITING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED"), 0
    )
    assert figures["vitrine_job_oldest_queued_seconds"] == {"": 0}
    assert figures["vitrine_tenant_backlog_items"] == {}


async def test_items_are_summed_over_jobs_of_every_state(exporter, database):
    add(
        database, job("a", queued=3, running=1), job("b", state="DONE", succeeded=5), job("c", state="PAUSED", queued=2)
    )
    figures = await told(exporter())
    assert {state: count for state, count in figures["vitrine_job_items"].items() if count} == {
        "QUEUED": 5, "RUNNING": 1, "SUCCEEDED": 5
    }  # fmt: skip
    assert figures["vitrine_jobs"] == {"ACTIVE": 1, "PAUSED": 1, "CANCELLING": 0, "DONE": 1, "CANCELLED": 0}


async def test_age_is_that_of_the_oldest_job_whose_items_could_begin(exporter, database):
    add(
        database,
        job("paused", state="PAUSED", created_s=NOW_S - 900, queued=1),
        job("running", created_s=NOW_S - 600, running=1),
        job("waits", created_s=NOW_S - 300, queued=1),
        job("held", "held", created_s=NOW_S - 900, queued=1),
        share(),
        share("held", held_until_s=NOW_S + 1),
    )
    assert (await told(exporter()))["vitrine_job_oldest_queued_seconds"] == {"": 300}


async def test_tenants_beyond_the_largest_backlogs_are_told_together(exporter, database):
    add(database, *(job(f"job-{tenant}", tenant, queued=count, waiting=1) for tenant, count in
                    (("one", 1), ("nine", 9), ("five", 5), ("two", 2))))  # fmt: skip
    backlogs = (await told(exporter(metric_tenants=2)))["vitrine_tenant_backlog_items"]
    assert backlogs == {"nine": 10, "five": 6, "other": 5}


async def test_quota_tells_the_share_that_is_nearer_its_end(exporter, database):
    began_s = Period.around(NOW_S, "month").begins_s
    add(
        database,
        QuotaPeriod(tenant="acme", began_s=began_s, items=25, megapixels=90.0),
        QuotaPeriod(tenant="acme", began_s=began_s - 1, items=100, megapixels=0.0),
        QuotaPeriod(tenant="small", began_s=began_s, items=1, megapixels=0.0),
    )
    told_of = exporter(quota_items=100, quota_megapixels=100, metric_tenants=1)
    assert (await told(told_of))["vitrine_tenant_quota_used_ratio"] == {"acme": 0.9}
    assert (await told(exporter()))["vitrine_tenant_quota_used_ratio"] == {}


async def test_messages_are_told_by_state_and_the_age_of_the_oldest_that_waits(exporter, database):
    address = WebhookRow(
        id="w", tenant="acme", url="", description="", events="", enabled=True, created_s=0, secret="", old_secret=None,
        old_until_s=None, failing_since_s=None,
    )  # fmt: skip
    add(database, address)
    add(database, message("a", "PENDING", NOW_S - 40), message("b", "DELIVERED", NOW_S - 90))
    figures = await told(exporter())
    assert figures["vitrine_webhook_messages"] == {"PENDING": 1, "DELIVERED": 1, "FAILED": 0}
    assert figures["vitrine_webhook_oldest_pending_seconds"] == {"": 40}


async def test_page_is_read_anew_only_after_a_while(exporter, database, clock):
    kept = exporter()
    await kept.page()
    add(database, job("a", queued=1))
    assert (await told(kept))["vitrine_job_items"]["QUEUED"] == 0
    clock.pass_s(KEPT_S)
    assert (await told(kept))["vitrine_job_items"]["QUEUED"] == 1


async def test_trainings_are_told_by_state_and_by_the_age_of_the_oldest_that_could_begin(exporter, database, clock):
    store = TrainingStore(database)
    waiting, paused, running = (store.create(style_id) for style_id in ("a", "b", "c"))
    with database.transaction() as session:
        session.get_one(StyleTrainingRow, waiting).created_s = NOW_S - 90
        session.get_one(StyleTrainingRow, paused).retry_at_s = NOW_S + 10
        session.get_one(StyleTrainingRow, running).state = "RUNNING"
    figures = await told(exporter())
    assert (figures["vitrine_style_trainings"]["QUEUED"], figures["vitrine_style_trainings"]["RUNNING"]) == (2, 1)
    assert figures["vitrine_style_training_oldest_queued_seconds"] == {"": 90}

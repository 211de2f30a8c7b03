"""What a job is likely to take, from what was done lately."""

import pytest

from services.common.job_settings import JobSettings
from services.common.settings import TenantSettings
from services.database.tables import JobShare, Tenant
from services.jobs.estimate import Asked, Estimator
from services.tenants.accounts import Accounts
from services.tenants.caller import Limits
from services.tenants.quota import Quotas
from services.tenants.usage import Line, UsageLedger, Work
from tests.support.job_rows import job_row

WORK = Work(1, 3.0, stage_s={"segment": 1.0, "generate": 3.0})


def estimates(database):
    """Estimates a job of ten items of the tenant acme, after that many pictures of 4 s each, one every `every_s`."""
    settings = JobSettings(price_item=2.0, price_megapixel=0.5, currency="EUR")
    estimator = Estimator(Accounts(TenantSettings()), Quotas("month", now=lambda: 0.0), settings)

    def made(pictures=0, every_s=4.0, rows=(), limits=None, failures=0, **asked):
        with database.transaction() as session:
            session.add_all(rows)
            for number in range(pictures):
                ledger = UsageLedger(now=lambda at_s=number * every_s: at_s)
                ledger.add(session, "other", "CreateShot", "id", WORK)
            failed = Line("other", "CreateShot", "id", Work(stage_s={"segment": 9.0}))
            UsageLedger().add_all(session, [failed] * failures)
            session.flush()
            return estimator.of(session, "acme", limits or Limits(), Asked(**{"items": 10, **asked}))

    return made


@pytest.fixture
def estimate(sqlite_database):
    return estimates(sqlite_database)


def share(tenant, item_s):
    return JobShare(tenant=tenant, virtual_s=0.0, running=0, item_s=item_s, held_until_s=0.0)


def queued(tenant, items, **values):
    return job_row(items, tenant, id=f"{tenant}-{items}", **values)


def test_nothing_is_guessed_where_nothing_was_done(estimate):
    found = estimate(pictures=2)
    assert (found.items, found.compute, found.duration) == (10, 0.0, 0.0)


def test_compute_is_as_lately(estimate):
    assert estimate(pictures=5).compute == 40.0


def test_attempts_that_failed_do_not_make_pictures_dear(estimate):
    assert estimate(pictures=5, failures=500).compute == 40.0


def test_compute_is_the_tenants_own_where_it_had_some(estimate):
    assert estimate(pictures=5, rows=[share("acme", 7.0)]).compute == 70.0


@pytest.mark.parametrize(("every_s", "duration"), [(4.0, 40.0), (1.0, 10.0), (3600.0, 40.0)])
def test_duration_is_by_the_rate_while_the_service_was_at_work(estimate, every_s, duration):
    assert estimate(pictures=5, every_s=every_s).duration == pytest.approx(duration)


def test_own_items_that_go_before_come_on_top(estimate):
    rows = [queued("acme", 3), queued("acme", 5, priority=-1), queued("acme", 7, state="PAUSED")]
    assert estimate(pictures=5, rows=rows).duration == pytest.approx(4.0 * 13)


def test_others_share_by_their_weight(database):
    estimate = estimates(database)
    heavy = Tenant(name="heavy", created_s=0.0, job_weight=2.0)
    rows = [heavy, queued("heavy", 1000), queued("few", 4)]
    assert estimate(pictures=5, rows=rows).duration == pytest.approx(4.0 * (10 + 20 + 4))


def test_tenant_that_may_have_one_at_once_waits_for_each(estimate):
    assert estimate(pictures=5, every_s=1.0, limits=Limits(job_running=1)).duration == pytest.approx(40.0)


def test_cost_is_by_the_operators_prices(estimate):
    found = estimate(pictures=5, megapixels=8.0, unsized=2)
    assert (found.cost, found.currency) == (10 * 2.0 + 0.5 * (8.0 + 2 * 3.0), "EUR")


def test_quota_that_is_left_is_told(estimate):
    assert estimate().quota_items_left is None
    assert estimate(limits=Limits(quota_items=5)).quota_items_left == 5

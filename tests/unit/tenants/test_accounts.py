"""Tenants' limits: their own, else the service's."""

import pytest

from services.common.errors import InvalidInput, NotFound
from services.tenants.accounts import Wishes
from services.tenants.caller import Limits


def test_tenant_without_wishes_has_the_services_limits(database, accounts):
    with database.transaction() as session:
        assert accounts.limits(accounts.ensure(session, "acme")) == Limits(rate_per_s=2, burst=4)


def test_own_limits_come_first_and_can_be_taken_back(database, accounts):
    with database.transaction() as session:
        accounts.ensure(session, "acme")
        assert accounts.set_limits(session, "acme", Wishes(rate_per_s=9, quota_items=5)) == Limits(9, 4, 5)
        assert accounts.set_limits(session, "acme", Wishes(burst=1)) == Limits(9, 1, 5)
        assert accounts.set_limits(session, "acme", Wishes(rate_per_s=-1, burst=-1)) == Limits(2, 4, 5)


def test_own_limit_of_none_lifts_the_services(database, accounts):
    with database.transaction() as session:
        accounts.ensure(session, "acme")
        assert accounts.set_limits(session, "acme", Wishes(rate_per_s=0)).rate_per_s == 0


def test_limits_of_several_are_told_at_once_also_of_who_is_unknown(database, accounts):
    with database.transaction() as session:
        accounts.ensure(session, "acme")
        accounts.set_limits(session, "acme", Wishes(job_weight=3, job_running=2))
        told = accounts.limits_of(session, ["acme", "nobody"])
    assert (told["acme"].job_weight, told["acme"].job_running) == (3, 2)
    assert told["nobody"] == accounts.limits(None)


def test_tenant_is_made_once(database, accounts):
    for _ in range(2):
        with database.transaction() as session:
            accounts.ensure(session, "acme")
    with database.reading() as session:
        assert [tenant.name for tenant in accounts.all(session)] == ["acme"]


@pytest.mark.parametrize("name", ["", "Acme", "-a", "a/b", "a.b", "ä", "a" * 64])
def test_malformed_name_is_refused(database, accounts, name):
    with pytest.raises(InvalidInput), database.transaction() as session:
        accounts.ensure(session, name)


def test_unknown_tenant_has_no_limits_to_set(database, accounts):
    with pytest.raises(NotFound), database.transaction() as session:
        accounts.set_limits(session, "nobody", Wishes())

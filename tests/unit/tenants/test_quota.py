"""Quotas: items to the last one, megapixels to the call, each period anew."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import QuotaExceeded
from services.tenants.caller import Limits
from services.tenants.quota import Period, Quotas


@pytest.fixture
def quotas(clock):
    return Quotas("day", clock)


def reserve(database, quotas, limits, tenant="acme"):
    with database.transaction() as session:
        return quotas.reserve(session, tenant, limits)


def test_items_are_given_to_the_last_and_no_further(database, quotas):
    for _ in range(3):
        reserve(database, quotas, Limits(quota_items=3))
    with pytest.raises(QuotaExceeded, match="3 of 3 pictures"):
        reserve(database, quotas, Limits(quota_items=3))
    reserve(database, quotas, Limits(quota_items=3), tenant="other")


def test_item_that_was_given_back_can_be_had_again(database, quotas):
    period_s = reserve(database, quotas, Limits(quota_items=1))
    with database.transaction() as session:
        quotas.release(session, "acme", period_s)
    reserve(database, quotas, Limits(quota_items=1))


def test_several_are_given_as_far_as_the_quota_goes(database, quotas):
    def reserve_some(most):
        with database.transaction() as session:
            return quotas.reserve_some(session, "acme", Limits(quota_items=5), most).items

    assert [reserve_some(3), reserve_some(3)] == [3, 2]
    with pytest.raises(QuotaExceeded):
        reserve_some(3)


def test_megapixels_end_the_quota_once_they_are_used(database, quotas):
    limits = Limits(quota_megapixels=2)
    period_s = reserve(database, quotas, limits)
    with database.transaction() as session:
        quotas.charge(session, "acme", period_s, 2.5)
        assert quotas.used(session, "acme").megapixels == 2.5
    with pytest.raises(QuotaExceeded, match=r"2\.5 of 2 megapixels"):
        reserve(database, quotas, limits)


def test_next_period_begins_anew_at_the_time_that_is_told(database, quotas, clock):
    reserve(database, quotas, Limits(quota_items=1))
    with pytest.raises(QuotaExceeded) as caught:
        reserve(database, quotas, Limits(quota_items=1))
    clock.pass_s(caught.value.details["retry_after_s"])
    reserve(database, quotas, Limits(quota_items=1))


def test_without_a_quota_pictures_are_counted_all_the_same(database, quotas):
    reserve(database, quotas, Limits())
    with database.reading() as session:
        assert quotas.used(session, "acme").items == 1


@given(st.floats(0, 4e9), st.sampled_from(["day", "month"]))
def test_moment_lies_in_its_period_which_begins_at_midnight(now_s, length):
    period = Period.around(now_s, length)
    assert period.begins_s <= now_s < period.ends_s
    assert period.begins_s % 86_400 == period.ends_s % 86_400 == 0
    assert Period.around(period.ends_s, length).begins_s == period.ends_s


def test_month_is_a_calendar_month():
    now = datetime.datetime(2028, 2, 29, 12, tzinfo=datetime.UTC).timestamp()
    period = Period.around(now, "month")
    assert [datetime.datetime.fromtimestamp(each, datetime.UTC).day for each in (period.begins_s, period.ends_s)] == [
        1,
        1,
    ]
    assert period.ends_s - period.begins_s == 29 * 86_400

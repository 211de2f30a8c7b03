"""Work is added up by tenant and day, and told as CSV."""

import datetime
import io

import pytest

from services.tenants.usage import DAY_S, UsageLedger, Work, write_csv

WORK = Work(items=1, megapixels=2.5, bytes_in=10, bytes_out=3_000_000_000, stage_s={"segment": 1.25, "decode": 0.5})
FIRST = datetime.date(2023, 11, 14)  # the clock's


@pytest.fixture
def ledger(clock):
    return UsageLedger(clock)


@pytest.fixture
def days(database, ledger, clock):
    """Two calls of acme's and one of another's, and a day later one of acme's again."""
    with database.transaction() as session:
        for tenant in ("acme", "other", "acme"):
            ledger.add(session, tenant, "CreateShot", "id", WORK)
        clock.pass_s(DAY_S)
        ledger.add(session, "acme", "CreateShot", "id", WORK)

    def read(first=FIRST, last=FIRST + datetime.timedelta(days=1), tenant=""):
        with database.reading() as session:
            return ledger.days(session, first, last, tenant)

    return read


def test_work_of_a_day_is_added_up(days):
    [first, second] = days(tenant="acme")
    assert (first.date, first.work.items, first.work.megapixels, first.work.bytes_out) == (FIRST, 2, 5.0, 6_000_000_000)
    assert first.work.stage_s == {"decode": 1.0, "segment": 2.5, "layout": 0, "generate": 0, "postprocess": 0}
    assert (second.date - first.date).days == 1


def test_everybodys_work_is_told_by_tenant(days):
    assert [(day.tenant, day.work.items) for day in days()] == [("acme", 2), ("acme", 1), ("other", 1)]


def test_days_outside_are_left_out(days):
    assert days(first=FIRST + datetime.timedelta(days=2), last=FIRST + datetime.timedelta(days=9)) == []
    assert len(days(last=FIRST, tenant="acme")) == 1


def test_csv_has_one_line_for_each_tenant_and_day(days):
    file = io.StringIO()
    write_csv(days(), file)
    head, *lines = file.getvalue().splitlines()
    assert head.startswith("tenant,date,items,megapixels,bytes_in,bytes_out,decode_s,segment_s")
    assert lines[0] == "acme,2023-11-14,2,5.000,20,6000000000,1.000,2.500,0.000,0.000,0.000"
    assert len(lines) == 3

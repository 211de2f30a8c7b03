"""Transactions: all or nothing, alone where they must be, and errors that tell nothing of theirs."""

import asyncio
import threading

import pytest
from sqlalchemy import text

from services.common.errors import StorageUnavailable
from services.common.settings import DatabaseSettings
from services.database.database import Database
from services.database.rows import locked_row
from services.database.tables import QuotaPeriod, RateBucket, Tenant


def bucket(session, tenant="acme"):
    return locked_row(session, RateBucket, {"tenant": tenant}, {"tokens": 0.0, "at_s": 0.0})


def test_transaction_that_fails_leaves_nothing(database):
    def add_and_fail():
        with database.transaction() as session:
            session.add(Tenant(name="acme", created_s=1.0))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        add_and_fail()
    with database.reading() as session:
        assert session.get(Tenant, "acme") is None


async def test_work_runs_in_a_thread_and_its_value_comes_back(database):
    ran_in = await database.run(lambda _: threading.current_thread())
    assert ran_in is not threading.current_thread()
    assert await database.read(lambda session: session.scalar(text("SELECT 7"))) == 7


async def test_concurrent_changes_of_one_row_are_all_kept(database):
    def add(session):
        bucket(session).tokens += 1

    await asyncio.gather(*(database.run(add) for _ in range(50)))
    with database.reading() as session:
        assert session.get(RateBucket, "acme").tokens == 50


async def test_reading_goes_on_while_somebody_writes(database):
    with database.transaction() as session:
        bucket(session)
        async with asyncio.timeout(5):
            assert await database.read(lambda other: other.get(RateBucket, "acme")) is None


def test_row_that_is_there_is_not_made_again(database):
    for tokens in (1.0, 2.0):
        with database.transaction() as session:
            first = {"items": 0, "megapixels": tokens}
            row = locked_row(session, QuotaPeriod, {"tenant": "acme", "began_s": 1.5}, first)
            assert row.megapixels == 1.0


def test_database_that_is_away_is_unavailable_and_tells_nothing():
    settings = DatabaseSettings(url="postgresql://secretive:hunter2@127.0.0.1:1/vitrine", timeout_s=1)
    with pytest.raises(StorageUnavailable) as caught:
        Database.open(settings, None)
    assert "127.0.0.1" not in caught.value.message
    assert caught.value.details == {"retry_after_s": 1}


@pytest.mark.parametrize("url", ["mysql://a:hunter2@b/c", "hunter2", "sqlite://", "sqlite:///:memory:"])
def test_address_of_no_known_database_is_refused_without_its_password(url, tmp_path):
    with pytest.raises(ValueError, match=r"database\.url") as caught:
        Database.open(DatabaseSettings(url=url), tmp_path)
    assert "hunter2" not in str(caught.value)


def test_locked_sqlite_is_unavailable_after_its_time(tmp_path):
    first = Database.open(DatabaseSettings(), tmp_path)
    second = Database.open(DatabaseSettings(timeout_s=0.1), tmp_path)
    with first.transaction() as session:
        bucket(session)
        with pytest.raises(StorageUnavailable), second.transaction() as other:
            bucket(other)
    first.close()
    second.close()

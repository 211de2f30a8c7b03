"""Migrations: up and down with data in the tables, by several processes at once, and in step with the code."""

import multiprocessing

import pytest
from alembic import command
from sqlalchemy import inspect, text

from services.common.errors import StorageUnavailable
from services.common.settings import DatabaseSettings, TenantSettings
from services.database import migrate
from services.database.connection import open_engine
from services.database.database import Database
from services.tenants.accounts import Accounts, Wishes
from services.tenants.caller import Scope
from services.tenants.keys import Keys

ACCOUNTS = Accounts(TenantSettings())
KEYS = Keys(ACCOUNTS)


@pytest.fixture
def fresh(database_settings, tmp_path):
    opened = Database.open(database_settings, tmp_path)
    yield opened
    opened.close()


def test_tables_of_the_code_are_those_of_the_migrations(fresh):
    with migrate.configured(fresh.engine) as config:
        command.check(config)


def test_data_survives_the_way_down_and_up(fresh):
    with fresh.transaction() as session:
        key = KEYS.create(session, "acme", label="shop")
        ACCOUNTS.set_limits(session, "acme", Wishes(rate_per_s=3))
    migrate.downgrade(fresh.engine, "0001")
    with fresh.engine.connect() as connection:
        assert connection.execute(text("SELECT name FROM tenants")).scalars().all() == ["acme"]
    migrate.upgrade(fresh.engine)
    with fresh.reading() as session:
        known = KEYS.find(session, key.key_id)
    assert (known.tenant, known.label) == ("acme", "shop")
    assert key.matches(known.digest)
    assert known.limits.rate_per_s == 0, "the limits are of the newer version, so they are gone"


def test_way_down_to_nothing_leaves_no_table(fresh):
    with fresh.transaction() as session:
        KEYS.create(session, "acme")
    migrate.downgrade(fresh.engine, "base")
    assert inspect(fresh.engine).get_table_names() == ["alembic_version"]
    assert migrate.current(fresh.engine) == ""


def test_tables_of_another_version_are_refused_with_both_versions(database_settings, tmp_path):
    untouched = database_settings.model_copy(update={"upgrade": False})
    with pytest.raises(StorageUnavailable, match=rf"none.*{migrate.newest()}"):
        Database.open(untouched, tmp_path)


def test_processes_that_start_together_upgrade_once(database_settings, tmp_path):
    context = multiprocessing.get_context("spawn")
    url = database_settings.url.get_secret_value()
    starting = [context.Process(target=open_and_close, args=(url, tmp_path)) for _ in range(2)]
    for process in starting:
        process.start()
    for process in starting:
        process.join()
    assert [process.exitcode for process in starting] == [0, 0]
    engine = open_engine(database_settings, tmp_path)
    assert migrate.current(engine) == migrate.newest()
    engine.dispose()


def open_and_close(url, folder):
    Database.open(DatabaseSettings(url=url), folder).close()


def test_scope_that_the_older_code_does_not_know_is_taken_off_on_the_way_down(fresh):
    with fresh.transaction() as session:
        keys = [KEYS.create(session, "acme", scopes) for scopes in (list(Scope), [Scope.TRAIN])]
    migrate.downgrade(fresh.engine, "0004")
    with fresh.reading() as session:
        scopes = [KEYS.find(session, key.key_id).scopes for key in keys]
    assert scopes == [{Scope.CREATE, Scope.READ, Scope.USAGE}, set()]

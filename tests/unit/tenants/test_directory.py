"""Keys are looked up every few seconds at most, and a revoked one works no longer than that."""

import pytest
from sqlalchemy import event

from services.common.errors import Unauthenticated
from services.common.settings import TenantSettings
from services.tenants.accounts import Wishes
from services.tenants.caller import Scope
from services.tenants.directory import Directory
from services.tenants.memory import BriefMemory
from services.tenants.secret import ApiKey
from tests.support.clocks import Clock


@pytest.fixture
def directory(database, clock):
    directory = Directory(database, TenantSettings(cache_s=5), clock)
    directory._known = BriefMemory(5, clock=clock)  # its own clock is not Unix time
    return directory


@pytest.fixture
def key(database, keys):
    with database.transaction() as session:
        return keys.create(session, "acme", [Scope.READ])


@pytest.fixture
def statements(database):
    """What the database is asked from here on."""
    asked = []
    event.listen(database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    return asked


async def test_key_tells_its_tenant_and_scopes(directory, key):
    caller = await directory.caller(key.text)
    assert (caller.tenant, caller.scopes) == ("acme", {Scope.READ})


async def test_second_call_within_seconds_asks_nothing(directory, key, statements):
    await directory.caller(key.text)
    before = len(statements)
    await directory.caller(key.text)
    assert len(statements) == before > 0


async def test_unknown_key_is_remembered_too(directory, statements):
    stranger = ApiKey.draw()
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            await directory.caller(stranger.text)
    assert len([each for each in statements if "api_keys" in each]) == 1


async def test_revoked_key_works_until_the_memory_of_it_is_over_and_no_longer(directory, key, database, keys, clock):
    await directory.caller(key.text)
    with database.transaction() as session:
        keys.revoke(session, key.key_id)
    clock.pass_s(4.9)
    await directory.caller(key.text)
    clock.pass_s(0.2)
    with pytest.raises(Unauthenticated):
        await directory.caller(key.text)


async def test_key_that_expires_while_it_is_remembered_works_no_longer(database, keys, clock, directory):
    with database.transaction() as session:
        key = keys.create(session, "acme", days=3 / 86_400)
    await directory.caller(key.text)
    clock.pass_s(3)
    with pytest.raises(Unauthenticated):
        await directory.caller(key.text)


async def test_every_fault_of_a_key_reads_the_same(directory, key):
    said = set()
    for text in ("", "rubbish", ApiKey.draw().text, ApiKey(key.key_id, ApiKey.draw().secret).text):
        with pytest.raises(Unauthenticated) as caught:
            await directory.caller(text)
        said.add(caught.value.message)
    assert len(said) == 1


async def test_local_caller_may_do_everything_within_its_own_limits(directory, database, accounts):
    with database.transaction() as session:
        accounts.ensure(session, "local")
        accounts.set_limits(session, "local", Wishes(quota_items=7))
    caller = await directory.local()
    assert (caller.tenant, caller.scopes, caller.limits.quota_items) == ("local", set(Scope), 7)


def test_memory_forgets_the_oldest_where_there_are_many():
    memory = BriefMemory(60, most=2, clock=Clock())
    for name in "abc":
        memory.put(name, name.upper())
    assert [memory.get(name) for name in "abc"] == [None, ("B",), ("C",)]

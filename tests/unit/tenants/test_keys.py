"""The life of a key."""

import pytest
from sqlalchemy import text

from services.common.errors import NotFound
from services.tenants.caller import Scope
from services.tenants.keys import DAY_S


def found(database, keys, key):
    with database.reading() as session:
        return keys.find(session, key.key_id)


def made(database, keys, **options):
    with database.transaction() as session:
        return keys.create(session, "acme", **options)


def test_key_is_found_with_its_tenant_scopes_and_limits(database, keys, clock):
    key = made(database, keys, scopes=[Scope.READ], days=2, label="shop")
    known = found(database, keys, key)
    assert (known.tenant, known.label, known.scopes) == ("acme", "shop", {Scope.READ})
    assert known.ends_s == clock() + 2 * DAY_S
    assert known.limits.rate_per_s == 2


def test_secret_is_nowhere_in_the_database(database, keys):
    key = made(database, keys)
    with database.engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM api_keys")).all()
    assert key.secret not in str(rows)
    assert key.digest in rows[0]


def test_revoked_key_ends_now_and_stays_ended(database, keys, clock):
    key = made(database, keys)
    for _ in range(2):
        with database.transaction() as session:
            keys.revoke(session, key.key_id)
        clock.pass_s(60)
    assert found(database, keys, key).ends_s == clock() - 120


def test_rotated_key_works_on_beside_its_successor_for_a_while(database, keys, clock):
    old = made(database, keys, scopes=[Scope.READ], label="shop")
    with database.transaction() as session:
        new = keys.rotate(session, old.key_id, overlap_days=1)
    assert found(database, keys, old).ends_s == clock() + DAY_S
    fresh = found(database, keys, new)
    assert (fresh.tenant, fresh.label, fresh.scopes, fresh.ends_s) == ("acme", "shop", {Scope.READ}, None)


def test_rotation_gives_as_many_days_again_and_never_lengthens_the_old_key(database, keys, clock):
    old = made(database, keys, days=10)
    clock.pass_s(9.5 * DAY_S)
    with database.transaction() as session:
        new = keys.rotate(session, old.key_id, overlap_days=1)
    assert found(database, keys, old).ends_s == clock() + 0.5 * DAY_S
    assert found(database, keys, new).ends_s == clock() + 10 * DAY_S


def test_dead_key_is_not_rotated(database, keys, clock):
    key = made(database, keys, days=1)
    clock.pass_s(DAY_S)
    with pytest.raises(NotFound), database.transaction() as session:
        keys.rotate(session, key.key_id)


def test_unknown_key_can_be_neither_revoked_nor_rotated(database, keys):
    for change in (keys.revoke, keys.rotate):
        with pytest.raises(NotFound), database.transaction() as session:
            change(session, "0" * 12)


def test_keys_are_listed_by_tenant_in_order(database, keys, clock):
    with database.transaction() as session:
        for tenant in ("b", "a", "b"):
            keys.create(session, tenant)
            clock.pass_s(1)
        assert [known.tenant for known in keys.all(session)] == ["b", "a", "b"]
        assert [known.tenant for known in keys.all(session, "a")] == ["a"]

"""One call is made once: by whoever comes first, or by whoever comes when that one is dead."""

import pytest

from services.common.errors import Conflict
from services.tenants.claims import AtWork, Claim, Claims, Done, Ours


@pytest.fixture
def claims(clock):
    return Claims(lease_s=10, kept_s=100, now=clock)


def claim(key="k", digest=b"d" * 32, tenant="acme"):
    return Claim.of(tenant, key, digest)


@pytest.fixture
def begin(database, claims):
    def run(attempt):
        with database.transaction() as session:
            return claims.begin(session, attempt)

    return run


@pytest.fixture
def finish(database, claims):
    def run(attempt, answer=b"answer"):
        with database.transaction() as session:
            return claims.finish(session, attempt, answer)

    return run


def test_second_attempt_waits_and_gets_the_first_ones_answer(begin, finish):
    first = claim()
    assert begin(first) == Ours()
    assert begin(claim()) == AtWork()
    assert finish(first)
    assert begin(claim()) == Done(b"answer")


def test_calls_without_a_key_are_never_the_same(begin, finish):
    first, second = claim(""), claim("")
    assert begin(first) == begin(second) == Ours()
    assert finish(first)
    assert not finish(first), "nothing of it is kept"


def test_key_of_another_tenant_is_another_key(begin):
    assert begin(claim()) == begin(claim(tenant="other")) == Ours()


def test_key_with_another_request_is_refused_at_work_and_after(begin, finish):
    first = claim()
    begin(first)
    with pytest.raises(Conflict):
        begin(claim(digest=b"e" * 32))
    finish(first)
    with pytest.raises(Conflict):
        begin(claim(digest=b"e" * 32))


def test_attempt_that_died_is_taken_over_and_can_finish_nothing(begin, finish, clock, database, claims):
    dead, heir = claim(), claim()
    begin(dead)
    with database.transaction() as session:
        claims.counted(session, dead, 77.0)
    clock.pass_s(10)
    assert begin(heir) == Ours(given_up_s=77.0)
    assert not finish(dead, b"late")
    assert finish(heir)
    assert begin(claim()) == Done(b"answer")


def test_renewed_lease_keeps_the_call(begin, clock, database, claims):
    slow = claim()
    begin(slow)
    for _ in range(5):
        clock.pass_s(9)
        with database.transaction() as session:
            assert claims.renew(session, slow)
    assert begin(claim()) == AtWork()


def test_call_that_was_given_up_can_be_made_again(begin, database, claims):
    failed = claim()
    begin(failed)
    with database.transaction() as session:
        assert claims.give_up(session, failed)
    assert begin(claim(digest=b"e" * 32)) == Ours()


def test_finished_call_cannot_be_given_up(begin, finish, database, claims):
    first = claim()
    begin(first)
    finish(first)
    with database.transaction() as session:
        assert not claims.give_up(session, first)
    assert begin(claim()) == Done(b"answer")


def test_answer_is_forgotten_after_its_time_and_the_key_is_free(begin, finish, clock):
    first = claim()
    begin(first)
    finish(first)
    clock.pass_s(99)
    assert begin(claim()) == Done(b"answer")
    clock.pass_s(1)
    assert begin(claim(digest=b"e" * 32)) == Ours()


def test_sweep_removes_what_expired_and_tells_of_the_dead(begin, finish, clock, database, claims):
    done, dead, alive = claim("done"), claim("dead"), claim("alive")
    for each in (done, dead):
        begin(each)
    finish(done)
    with database.transaction() as session:
        claims.counted(session, dead, 77.0)
    clock.pass_s(101)
    begin(alive)
    with database.transaction() as session:
        assert claims.sweep(session) == [("acme", 77.0)]
    assert begin(claim("done")) == begin(claim("dead")) == Ours()
    assert begin(claim("alive")) == AtWork()


def test_calls_at_work_are_seen_by_everybody_until_they_end_or_die(database, claims, begin, finish, clock):
    def seen():
        with database.reading() as session:
            return claims.any_at_work(session)

    assert not seen()
    first, second = claim(), claim("")
    begin(first)
    assert seen()
    finish(first)
    assert not seen()
    begin(second)
    clock.now_s += 11
    assert not seen(), "nobody renewed its lease"

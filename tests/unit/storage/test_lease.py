from concurrent.futures import ThreadPoolExecutor

import pytest

from services.common.errors import StorageUnavailable
from services.storage.lease import Leases
from services.storage.local import LocalBlobs
from services.storage.signature import Signature


class Clock:
    now_s = 1_000_000.0

    def __call__(self):
        return self.now_s


class Unreliable:
    """A store whose answers get lost while `deaf`: what was asked for happens."""

    def __init__(self, store):
        self._store = store
        self.deaf = False

    def get_version(self, key, deadline=None):
        return self._store.get_version(key, deadline)

    def put_if(self, key, data, version, deadline=None):
        written = self._store.put_if(key, data, version, deadline)
        if self.deaf:
            raise StorageUnavailable("the answer was lost")
        return written


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path):
    return Unreliable(LocalBlobs(tmp_path, Signature(b"k" * 32), "http://studio.test", url_ttl_s=60))


@pytest.fixture
def leases(store, clock):
    return Leases(store, ttl_s=60, now=clock)


def test_lease_has_one_holder(leases):
    assert leases.acquire("build/a") is not None
    assert leases.acquire("build/a") is None
    assert leases.acquire("build/b") is not None


def test_lease_of_many_at_once_has_one_holder(leases):
    with ThreadPoolExecutor(8) as pool:
        held = [lease for lease in pool.map(lambda _: leases.acquire("a"), range(32)) if lease]
    assert len(held) == 1


def test_token_grows_with_every_holder(leases, clock):
    first = leases.acquire("a")
    leases.release(first)
    second = leases.acquire("a")
    clock.now_s += 60
    third = leases.acquire("a")
    assert first.token < second.token < third.token


def test_expired_lease_can_be_had_and_its_holder_cannot_extend_it(leases, clock):
    lost = leases.acquire("a")
    clock.now_s += 59.9
    assert leases.acquire("a") is None
    clock.now_s += 0.1
    assert leases.acquire("a") is not None
    assert leases.renew(lost) is None


def test_lost_lease_can_not_release_its_successors(leases, clock):
    lost = leases.acquire("a")
    clock.now_s += 60
    leases.acquire("a")
    leases.release(lost)
    assert leases.acquire("a") is None


def test_extended_lease_lasts_longer_with_the_same_token(leases, clock):
    lease = leases.acquire("a")
    clock.now_s += 50
    renewed = leases.renew(lease)
    clock.now_s += 50
    assert renewed.token == lease.token
    assert leases.acquire("a") is None


def test_extension_whose_answer_was_lost_keeps_the_lease(leases, store):
    lease = leases.acquire("a")
    store.deaf = True
    with pytest.raises(StorageUnavailable):
        leases.renew(lease)
    store.deaf = False
    assert leases.renew(lease).token == lease.token


def test_damaged_file_is_said(leases, store):
    store.put_if("leases/a.json", b"{}", None)
    with pytest.raises(StorageUnavailable, match="delete it"):
        leases.acquire("a")


def test_holding_lets_go_at_its_end(leases):
    with leases.holding("a") as held:
        held.check()
        assert leases.acquire("a") is None
    assert leases.acquire("a") is not None


def test_holding_of_what_another_holds_is_none(leases):
    leases.acquire("a")
    with leases.holding("a") as held:
        assert held is None


def test_holding_extends_the_lease(store):
    leases = Leases(store, ttl_s=0.5)
    with leases.holding("a") as held:
        first = held.expires_at_s
        while held.expires_at_s == first:
            held.check()


def test_holding_tells_when_it_was_lost(leases, clock):
    with leases.holding("a") as held:
        clock.now_s += 60
        with pytest.raises(StorageUnavailable, match="was lost"):
            held.check()

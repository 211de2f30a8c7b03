import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from services.common.errors import Cancelled, DeadlineExceeded
from services.common.recent import Recent, RecentBytes


class Maker:
    """Makes things on request and counts them."""

    def __init__(self) -> None:
        self.made: list[bytes] = []

    def of(self, thing: bytes) -> Callable[[], bytes]:
        def make() -> bytes:
            self.made.append(thing)
            return thing

        return make


@pytest.fixture
def maker() -> Maker:
    return Maker()


def test_the_least_recently_used_is_forgotten() -> None:
    made: list[str] = []
    recent: Recent[str] = Recent(2)
    for key in ["a", "b", "a", "c", "a", "b"]:
        recent.get(key, lambda key=key: made.append(key) or key)
    assert made == ["a", "b", "c", "b"]


def test_bytes_are_bounded_and_the_longest_unused_goes_first(maker: Maker) -> None:
    kept: RecentBytes[bytes] = RecentBytes(10, len)
    for key in ["a", "b", "a", "c", "a", "b"]:
        kept.get(key, maker.of(key.encode() * 4))
    assert maker.made == [b"aaaa", b"bbbb", b"cccc", b"bbbb"]


def test_a_thing_that_would_push_out_all_others_is_not_kept(maker: Maker) -> None:
    kept: RecentBytes[bytes] = RecentBytes(10, len)
    for key in ["a", "large", "a", "large"]:
        kept.get(key, maker.of(key.encode() * 2))
    assert maker.made == [b"aa", b"largelarge", b"largelarge"]


def test_no_room_keeps_nothing(maker: Maker) -> None:
    kept: RecentBytes[bytes] = RecentBytes(0, len)
    assert [kept.get("a", maker.of(b"1")) for _ in range(2)] == [b"1", b"1"]
    assert len(maker.made) == 2


@pytest.mark.parametrize("capacity", [0, 100])
def test_what_is_asked_for_together_is_made_once(capacity: int, maker: Maker) -> None:
    kept: RecentBytes[bytes] = RecentBytes(capacity, len)
    # A caller looks at its deadline while it waits, so from there it can tell that it does.
    others_wait = [threading.Event(), threading.Event()]

    def make() -> bytes:
        assert all(waits.wait(10) for waits in others_wait)
        return maker.of(b"1")()

    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(kept.get, "a", make)
        while "a" not in kept._making:
            pass
        rest = [pool.submit(kept.get, "a", make, waits.set) for waits in others_wait]
        assert [each.result(20) for each in (first, *rest)] == [b"1"] * 3
    assert len(maker.made) == 1


def test_one_who_waits_may_leave(maker: Maker) -> None:
    kept: RecentBytes[bytes] = RecentBytes(100, len)
    left = threading.Event()

    def leave() -> None:
        raise DeadlineExceeded("the time is over")

    def make() -> bytes:
        left.wait(10)
        return maker.of(b"1")()

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(kept.get, "a", make)
        while "a" not in kept._making:
            pass
        with pytest.raises(DeadlineExceeded):
            kept.get("a", make, leave)
        left.set()
        assert first.result(10) == b"1"


def test_failure_is_the_makers_own_and_those_who_waited_try_again(maker: Maker) -> None:
    kept: RecentBytes[bytes] = RecentBytes(100, len)
    waited = threading.Event()

    def fail() -> bytes:
        waited.wait(10)
        raise Cancelled("the caller left")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(kept.get, "a", fail)
        while "a" not in kept._making:
            pass
        second = pool.submit(kept.get, "a", maker.of(b"1"), waited.set)
        assert second.result(10) == b"1"
        assert isinstance(first.exception(10), Cancelled)

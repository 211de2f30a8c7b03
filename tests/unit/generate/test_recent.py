from services.generate.recent import Recent, RecentBytes


def test_the_least_recently_used_is_forgotten() -> None:
    made: list[str] = []
    recent: Recent[str] = Recent(2)
    for key in ["a", "b", "a", "c", "a", "b"]:
        recent.get(key, lambda key=key: made.append(key) or key)
    assert made == ["a", "b", "c", "b"]


def test_bytes_are_bounded_and_the_longest_unused_goes_first() -> None:
    kept: RecentBytes[bytes] = RecentBytes(10, len)
    kept.keep("a", b"1234")
    kept.keep("b", b"1234")
    kept.find("a")
    kept.keep("c", b"1234")
    assert [kept.find(key) for key in "abc"] == [b"1234", None, b"1234"]


def test_a_thing_that_would_push_out_all_others_is_not_kept() -> None:
    kept: RecentBytes[bytes] = RecentBytes(10, len)
    kept.keep("a", b"1234")
    kept.keep("large", b"123456")
    assert kept.find("large") is None
    assert kept.find("a") == b"1234"


def test_a_key_kept_twice_counts_once() -> None:
    kept: RecentBytes[bytes] = RecentBytes(10, len)
    for _ in range(5):
        kept.keep("a", b"1234")
    kept.keep("b", b"1234")
    assert kept.find("a") == b"1234"


def test_no_room_keeps_nothing() -> None:
    kept: RecentBytes[bytes] = RecentBytes(0, len)
    kept.keep("a", b"1")
    assert kept.find("a") is None

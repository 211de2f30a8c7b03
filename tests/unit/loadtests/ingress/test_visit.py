"""Calls by several doors go in turns, and many clients call until their time is over."""

import pytest

from loadtests.ingress.caller import LIST
from loadtests.ingress.visit import in_turns, per_second


class Remembering:
    """Writes down who called; refuses after so many calls."""

    def __init__(self, name, calls, most=10**9):
        self._name, self._calls, self._most = name, calls, most

    def call(self, kind):
        if len(self._calls) >= self._most:
            raise RuntimeError("no")
        self._calls.append((self._name, kind))

    def close(self):
        self._calls.append((self._name, "closed"))


def test_every_other_turn_begins_with_the_other_door():
    calls = []
    took_s = in_turns({name: Remembering(name, calls) for name in "ab"}, LIST, 2)
    assert "".join(name for name, _ in calls) == "abba"
    assert {name: len(each) for name, each in took_s.items()} == {"a": 2, "b": 2}


def test_call_that_fails_ends_the_measurement():
    with pytest.raises(RuntimeError, match="no"):
        in_turns({"a": Remembering("a", [], most=1)}, LIST, 3)


def test_each_client_has_a_connection_of_its_own_which_it_closes():
    calls = []
    rate = per_second(lambda: Remembering(object(), calls), clients=3, seconds=0.02)
    closed = [name for name, kind in calls if kind == "closed"]
    counted = len(calls) - 2 * len(closed)  # the first call of each client opens its connection
    assert len(set(closed)) == 3
    assert rate == pytest.approx(counted / 0.02)

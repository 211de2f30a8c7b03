"""What calls come to, and what does not count."""

import pytest

from loadtests.peers.figures import added, latency, overload, throughput
from loadtests.peers.load import GAVE_UP, Call, Stretch


def call(due_s, ended_s, outcome="ok"):
    return Call("shot", "HTTP", due_s, ended_s, outcome)


def stretch(calls, began_s=0.0, ended_s=30.0):
    return Stretch(began_s, ended_s, tuple(calls), 0.0, 1.0)


def test_latency_counts_from_when_calls_were_due_and_leaves_failures_out():
    found = latency([call(0, 1), call(1, 4), call(2, 2.1, "503")])
    assert (found["n"], found["p50_s"], found["most_s"]) == (2, 2.0, 3)
    assert found["outcomes"] == {"ok": 2, "503": 1}


def test_throughput_counts_every_picture_until_the_last_and_nothing_else():
    calls = [call(0, ended_s) for ended_s in (1.0, 1.0, 2.0, 4.0)] + [call(0, 9.0, "503")]
    assert throughput(stretch(calls, ended_s=3.0)) == pytest.approx(1.0)


def test_throughput_of_nothing_is_not_told():
    assert throughput(stretch([call(0, 1, "503")])) is None


def test_overload_tells_pictures_refusals_and_those_who_left():
    calls = [call(t, t + 2) for t in range(0, 28, 2)]
    calls += [call(5, 5.01, "429")] * 3 + [call(6, 36, GAVE_UP)]
    found = overload(stretch(calls))
    assert found["goodput_per_s"] == pytest.approx(0.5)
    assert found["told_no_s"] == pytest.approx(0.01)
    assert (found["answered"], found["refused"], found["gave_up"]) == (14 / 18, 3 / 18, 1 / 18)


def test_what_is_added_is_the_median_of_neighbours():
    plain = [call(0, 1.0), call(0, 2.0), call(0, 3.0)]
    through = [call(0, 1.1), call(0, 2.05), call(0, 3.2)]
    found = added(plain, through)
    assert found["ms"] == pytest.approx(100)
    assert found["share"] == pytest.approx(0.05)


def test_what_is_added_leaves_out_turns_in_which_one_failed():
    assert added([call(0, 1)], [call(0, 2, "500")])["n"] == 0

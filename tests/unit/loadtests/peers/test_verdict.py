"""Bars are reached, missed, or nothing is said."""

import pytest

from loadtests.peers.verdict import Row, rows


def peer(cutouts=1.0, shots=1.0, p95_s=1.0, rest_mb=3000.0):
    return {
        "throughput_per_s": {"cutout": cutouts, "shot": shots},
        "at_rate": {"shot": {"p95_s": p95_s}},
        "ready_s": [30.0, 26.0],
        "rest_mb": rest_mb,
    }


def more(ms, share):
    return {"n": 9, "ms": ms, "share": share}


@pytest.mark.parametrize(
    ("value", "verdict"), [(2.6, "stretch"), (2.0, "bar"), (1.7, "missed"), (None, "not measured")]
)
def test_more_reaches_a_least_bar(value, verdict):
    assert Row("", value, "times", 1.8, 2.5, more_is_better=True).verdict == verdict


@pytest.mark.parametrize(("value", "verdict"), [(0.4, "stretch"), (0.5, "bar"), (0.7, "missed")])
def test_less_reaches_a_highest_bar(value, verdict):
    assert Row("", value, "times", 0.6, 0.4).verdict == verdict


def test_ratios_are_ours_over_the_usual_service():
    added = {"shot": {"HTTP": more(70, 0.05)}, "cutout": {"HTTP": more(70, 0.05)}}
    found = rows({"b": peer(), "e": peer(cutouts=2.0, shots=1.5, p95_s=0.5)}, added)
    assert [row.value for row in found[:3]] == [2.0, 1.5, 0.5]
    assert [row.verdict for row in found] == ["bar", "missed", "bar", "bar", "bar", "bar", "stretch"]


def test_the_way_that_adds_most_is_judged_by_milliseconds_or_share():
    added = {
        "shot": {"HTTP": more(30, 0.02), "gRPC": more(90, 0.07)},
        "cutout": {"HTTP": more(90, 0.09), "gRPC": more(30, 0.02)},
    }
    shot, cutout = rows({"b": peer(), "e": peer()}, added)[3:5]
    assert (shot.value, shot.verdict) == (90, "bar")
    assert (cutout.value, cutout.verdict) == (90, "missed")


def test_what_was_not_measured_of_one_has_no_ratio():
    usual = peer() | {"at_rate": {}}
    found = rows({"b": usual, "e": peer()}, {"shot": {}, "cutout": {}})
    assert [row.verdict for row in found[2:5]] == ["not measured"] * 3

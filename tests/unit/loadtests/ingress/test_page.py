"""A run becomes a table."""

import pytest

from loadtests.ingress.caller import KINDS
from loadtests.ingress.front import DIRECT, FRONTS
from loadtests.ingress.page import page
from loadtests.ingress.visit import PROTOCOLS, Visit

FACTS = {
    "machine": {"cpu": "a CPU", "cores": 2, "load_1min": 0.1}, "load_1min_after": 1.9, "versions": {"ray": "2.60.0"},
    "commit": "abc", "command": "python -m loadtests.ingress.run", "photo_bytes": 900_000, "clients": 16,
    "haproxy": "HAProxy version 2.8",
}  # fmt: skip


def visit(front, number):
    """What stands in front adds 5 ms to each call and halves the rate."""
    past = [0.010, 0.020, 0.030]
    found = Visit(front, number)
    for protocol in PROTOCOLS:
        for kind in KINDS:
            found.took_s[protocol, kind, DIRECT] = past
            found.took_s[protocol, kind, front] = [each + 0.005 for each in past]
        found.per_s[protocol, DIRECT], found.per_s[protocol, front] = 400.0, 200.0
    return found


VISITS = [visit(front.name, number) for number in (1, 2) for front in FRONTS]


@pytest.mark.parametrize("front", ["Serve's proxy", "HAProxy"])
def test_columns_tell_what_each_front_adds(front):
    assert f"{front} | past it | added by {front}" in page(FACTS, VISITS)


def test_every_line_has_as_many_columns():
    lines = [each for each in page(FACTS, VISITS).splitlines() if each.startswith("|")]
    assert {each.count("|") for each in lines} == {9}


def test_difference_is_that_of_the_same_turn():
    [line] = [each for each in page(FACTS, VISITS).splitlines() if each.startswith("| HTTP, a remembered cutout")]
    first = "25.0 ms (17.5 to 32.5) | 20.0 ms (12.5 to 27.5) | **5.0 ms (5.0 to 5.0)**"
    assert line == f"| HTTP, a remembered cutout | {first} | {first} | 6 |"


def test_rates_are_told_by_round_and_as_a_share():
    assert "| gRPC, lists a second, 16 clients | 200 (200, 200) | 400 (400, 400) | **0.50 of it** |" in page(
        FACTS, VISITS
    )


def test_busy_machine_makes_a_rehearsal():
    assert "rehearsal" not in page(FACTS, VISITS)
    assert "**A rehearsal" in page(FACTS | {"machine": FACTS["machine"] | {"load_1min": 7.0}}, VISITS)

"""Limits: what holds, what does not, and what nobody can tell."""

import pytest

from loadtests.load.figures import Ran
from loadtests.load.profile import Limit, Phase
from loadtests.load.sample import OK, Sample
from loadtests.load.verdict import verdicts

PEAK, OVER = Phase(name="peak", seconds=10), Phase(name="over", seconds=10, settle_s=5)
RAN = [Ran(PEAK, 0, 10), Ran(OVER, 10, 20)]


def sample(phase, due_s, took_s, outcome=OK):
    return Sample(phase, "shot_http", "", due_s, due_s, None, due_s + took_s, outcome, pictures=1)


def judged(samples, **limit):
    [verdict] = verdicts([Limit(**limit)], RAN, samples)
    return verdict


@pytest.mark.parametrize(("bar", "holds"), [({"at_most": 2}, True), ({"at_most": 1.9}, False), ({"at_least": 2}, True)])
def test_bar_includes_its_own_value(bar, holds):
    assert judged([sample("peak", 1, 2)], measure="p99_s", phase="peak", **bar).holds is holds


def test_limit_may_be_about_a_ratio_of_two_phases():
    samples = [sample("peak", 1, 1), sample("over", 16, 1.5)]
    verdict = judged(samples, measure="p50_s", phase="over", against="peak", at_most=2)
    assert (verdict.found, verdict.holds) == (pytest.approx(1.5), True)
    assert verdict.about == "p50_s of over, against peak"


def test_time_that_a_phase_takes_to_settle_is_left_out():
    verdict = judged([sample("over", 11, 9), sample("over", 16, 1)], measure="p99_s", phase="over", at_most=1)
    assert verdict.found == pytest.approx(1)


def test_whole_run_counts_every_phase_to_its_first_second():
    samples = [sample("peak", 1, 1, "internal"), sample("over", 11, 1, "broken")]
    assert judged(samples, measure="failed", at_most=0).found == 2


def test_what_no_call_tells_does_not_hold():
    verdict = judged([], measure="p99_s", phase="over", against="peak", at_most=2)
    assert (verdict.found, verdict.holds) == (None, False)

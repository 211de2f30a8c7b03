"""Moments of arrivals: as many as the rate says, within the phase, in the pattern's own form."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.load.arrivals import moments
from loadtests.load.profile import Arrivals

PATTERNS = ("even", "poisson", "bursts", "ramp", "day")


def drawn(pattern, per_s=20.0, length_s=100.0, seed=1, **fields):
    arrivals = Arrivals(pattern=pattern, per_s=per_s, **fields)
    return moments(arrivals, per_s, length_s, np.random.default_rng(seed))


@pytest.mark.parametrize("pattern", PATTERNS)
@given(length_s=st.floats(0.1, 100), seed=st.integers(0, 1000))
def test_moments_ascend_within_the_phase(pattern, length_s, seed):
    at_s = drawn(pattern, length_s=length_s, seed=seed)
    assert all(np.diff(at_s) >= 0)
    assert all((at_s >= 0) & (at_s < length_s))


@pytest.mark.parametrize("pattern", ["even", "poisson", "bursts", "day"])
def test_there_are_as_many_as_the_rate_says(pattern):
    assert len(drawn(pattern)) == pytest.approx(2000, rel=0.15)


def test_poisson_arrivals_are_as_spread_as_independent_ones():
    counts, _ = np.histogram(drawn("poisson", length_s=1000), 1000)
    assert counts.var() == pytest.approx(counts.mean(), rel=0.2)


def test_bursts_come_whole():
    at_s = drawn("bursts", size=4)
    assert all(np.diff(at_s.reshape(-1, 4)).ravel() == 0)


def test_ramp_begins_and_ends_at_its_rates():
    counts, _ = np.histogram(drawn("ramp", per_s=100, length_s=200, from_per_s=20), 10, (0, 200))
    assert counts / 20 == pytest.approx(np.linspace(24, 96, 10), rel=0.2)


def test_day_has_its_rush_in_the_evening():
    counts, _ = np.histogram(drawn("day", length_s=240), 24, (0, 240))
    assert counts[18:22].mean() > 3 * counts[2:6].mean()

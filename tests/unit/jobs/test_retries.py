"""Retries: what another attempt may help, and how long the wait before it is."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common import errors
from services.jobs.retries import may_help, pause_s


@pytest.mark.parametrize("error", [errors.Overloaded, errors.StorageUnavailable, errors.Internal, errors.NotReady])
def test_faults_of_the_service_may_pass(error):
    assert may_help(error)


@pytest.mark.parametrize(
    "error", [errors.InvalidInput, errors.UnsupportedMedia, errors.ProductNotFound, errors.ContentRefused]
)
def test_faults_of_the_photo_stay(error):
    assert not may_help(error)


@given(attempt=st.integers(1, 10_000), seed=st.integers())
def test_wait_is_within_half_of_its_bound_and_never_above(attempt, seed):
    wait_s = pause_s(attempt, 2.0, 300.0, drawn(seed))
    bound_s = min(300.0, 2.0 * 2 ** min(attempt - 1, 20))
    assert bound_s / 2 <= wait_s <= bound_s


def test_wait_doubles_until_the_longest():
    longest = [max(pause_s(attempt, 2, 30, drawn(seed)) for seed in range(300)) for attempt in (1, 2, 3, 9)]
    assert longest == pytest.approx([2, 4, 8, 30], rel=0.05)


def drawn(seed):
    return random.Random(seed)  # noqa: S311 - waits are no secret

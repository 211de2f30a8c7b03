"""Calls are due by themselves, and begun when they are due."""

import asyncio
import time

import numpy as np
import pytest

from loadtests.arrivals import poisson, send_when_due


def test_independent_callers_come_at_their_rate_and_as_irregularly():
    moments = poisson(50.0, 200.0, np.random.default_rng(1))
    between = np.diff(moments)
    assert len(moments) / 200 == pytest.approx(50, rel=0.05)
    assert between.std() == pytest.approx(between.mean(), rel=0.05)
    assert moments[0] >= 0
    assert moments[-1] < 200


async def test_a_call_does_not_wait_for_another():
    begun = []

    async def send(number, due_s):
        begun.append(number)
        await asyncio.sleep(0.05 if number == 0 else 0)
        begun.append(f"{number} ended")

    now = time.monotonic()
    await send_when_due([now, now + 0.001], send)
    assert begun == [0, 1, "1 ended", "0 ended"]


async def test_a_call_that_is_late_keeps_its_moment():
    moments = []

    async def send(number, due_s):
        moments.append(due_s)

    due = [time.monotonic() - 1, time.monotonic()]
    await send_when_due(due, send)
    assert moments == due


async def test_nothing_begins_once_it_is_over():
    begun = []

    async def send(number, due_s):
        begun.append(number)

    await send_when_due((time.monotonic() for _ in range(9)), send, lambda: len(begun) > 0)
    assert begun == [0]

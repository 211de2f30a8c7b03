"""Waking a dispatcher is nobody's trouble."""

import asyncio

import pytest

from services.jobs.waker import Waker


class Handle:
    """Of a deployment whose replicas answer when they are let."""

    def __init__(self, error=None):
        self.error = error
        self.calls = 0
        self.answer = asyncio.Event()

    @property
    def wake(self):
        return self

    def remote(self):
        self.calls += 1
        return self._answered()

    async def _answered(self):
        await self.answer.wait()
        if self.error:
            raise self.error


async def settled():
    for _ in range(10):
        await asyncio.sleep(0)


async def test_dispatcher_is_woken_once_for_many_jobs_at_the_same_time():
    handle = Handle()
    wake = Waker(handle)
    for _ in range(5):
        wake()
        await settled()
    assert handle.calls == 1
    handle.answer.set()
    await settled()
    wake()
    await settled()
    assert handle.calls == 2


@pytest.mark.parametrize("error", [RuntimeError("no replica"), TimeoutError()])
async def test_dispatcher_that_is_away_is_no_error(error):
    handle = Handle(error)
    handle.answer.set()
    wake = Waker(handle)
    wake()
    await settled()
    wake()
    await settled()
    assert handle.calls == 2

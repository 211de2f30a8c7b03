"""A step goes on whatever it meets."""

import asyncio

import pytest

from services.common.errors import NotReady, StorageUnavailable
from services.jobs.rounds import Rounds
from tests.support.patience import until
from tests.support.virtual_clock import VirtualClock


class Step:
    """Fails as told, then not any more."""

    def __init__(self, *errors):
        self.errors = list(errors)
        self.taken = 0
        self.held = None

    async def __call__(self):
        self.taken += 1
        if self.held is not None:
            await self.held.wait()
        if self.errors:
            raise self.errors.pop(0)

    async def until(self, count):
        await until(lambda: self.taken >= count)


async def test_step_is_taken_again_after_any_error():
    step = Step(ValueError("odd"), StorageUnavailable("away"), StorageUnavailable("away"))
    rounds = Rounds("step", step, every_s=0.001)
    rounds.start()
    await step.until(5)
    rounds.check()
    await rounds.stop()


async def test_step_is_taken_at_once_when_asked_for():
    step = Step()
    rounds = Rounds("step", step, every_s=3600)
    rounds.start()
    await step.until(1)
    rounds.soon()
    await step.until(2)
    await rounds.stop()


async def test_asking_while_a_step_is_taken_makes_another():
    step = Step()
    step.held = asyncio.Event()
    rounds = Rounds("step", step, every_s=3600)
    rounds.start()
    await step.until(1)
    rounds.soon()
    step.held.set()
    await step.until(2)
    await rounds.stop()


async def test_asking_does_not_shorten_the_pause_after_a_failure():
    step = Step(*[StorageUnavailable("away")] * 1000)
    rounds = Rounds("step", step, every_s=0)
    rounds.start()
    await step.until(1)
    for _ in range(100):
        rounds.soon()
        await asyncio.sleep(0)
    assert step.taken == 1
    await rounds.stop()


async def test_stopping_lets_the_step_end_and_takes_no_other():
    step = Step()
    step.held = asyncio.Event()
    rounds = Rounds("step", step, every_s=0)
    rounds.start()
    await step.until(1)
    stopping = asyncio.create_task(rounds.stop())
    await asyncio.sleep(0)
    assert not stopping.done()
    step.held.set()
    await stopping
    assert step.taken == 1


async def test_step_that_hangs_is_told():
    step, clock = Step(), VirtualClock()
    step.held = asyncio.Event()
    rounds = Rounds("step", step, every_s=0, stuck_after_s=10, clock=clock)
    rounds.start()
    await step.until(1)
    rounds.check()
    clock.move(11)
    with pytest.raises(NotReady, match="has been taken for 11 s"):
        rounds.check()
    step.held.set()
    await rounds.stop()
    rounds.check()

"""A bounded number of requests runs, a bounded number waits, the rest is told when to come back."""

import asyncio

import pytest

from services.common.errors import Overloaded
from services.gateway.admission import Admission


class Crowd:
    """Requests that hold their places until told."""

    def __init__(self, admission):
        self.admission = admission
        self.leave = asyncio.Event()
        self.inside = 0

    async def enter(self):
        async with self.admission.place():
            self.inside += 1
            await self.leave.wait()

    async def fill(self, count):
        self.tasks = [asyncio.create_task(self.enter()) for _ in range(count)]
        for _ in range(3):
            await asyncio.sleep(0)


async def test_only_so_many_run_at_once():
    crowd = Crowd(Admission(2, 3))
    await crowd.fill(5)
    assert crowd.inside == 2
    crowd.leave.set()
    await asyncio.gather(*crowd.tasks)
    assert crowd.inside == 5


async def test_one_more_is_refused_at_once_and_told_when_to_come_back():
    crowd = Crowd(Admission(2, 3))
    await crowd.fill(5)
    with pytest.raises(Overloaded) as caught:
        await crowd.enter()
    assert caught.value.details["retry_after_s"] >= 1
    crowd.leave.set()
    await asyncio.gather(*crowd.tasks)


async def test_line_that_filled_up_is_kept_short_until_nobody_waits():
    admission = Admission(4, 10)
    crowd, others = Crowd(admission), Crowd(admission)
    await crowd.fill(14)
    await others.fill(1)
    assert isinstance(others.tasks[0].exception(), Overloaded)
    for task in crowd.tasks[:9]:
        task.cancel()
    await asyncio.wait(crowd.tasks[:9])
    await others.fill(2)
    assert [task.done() for task in others.tasks] == [False, True]
    assert isinstance(others.tasks[1].exception(), Overloaded)
    crowd.leave.set()
    others.leave.set()
    await asyncio.gather(*crowd.tasks[9:], others.tasks[0])
    await others.fill(14)
    await asyncio.gather(*others.tasks)


async def test_line_may_be_longer_while_nobody_is_served_and_until_nobody_waits():
    now = 0.0
    admission = Admission(2, 2, 5, clock=lambda: now)
    crowd, others = Crowd(admission), Crowd(admission)
    await crowd.fill(4)
    now = 60.0
    await others.fill(3)
    assert not any(task.done() for task in others.tasks)
    crowd.tasks[0].cancel()
    await crowd.fill(1)
    assert not crowd.tasks[0].done(), "served again, but the line is still that of the stop"
    await crowd.fill(1)
    assert isinstance(crowd.tasks[0].exception(), Overloaded)


async def test_line_is_the_short_one_as_long_as_somebody_gets_through_now_and_then():
    now = 0.0
    admission = Admission(1, 1, 5, clock=lambda: now)
    crowd = Crowd(admission)
    for _ in range(10):
        await crowd.fill(2)
        now += 2.0
        with pytest.raises(Overloaded):
            await crowd.enter()
        crowd.leave.set()
        await asyncio.gather(*crowd.tasks)
        crowd.leave.clear()


async def test_places_are_given_back_by_those_who_fail_or_leave():
    admission = Admission(1, 0)
    for _ in range(3):
        with pytest.raises(KeyError):
            async with admission.place():
                raise KeyError
    crowd = Crowd(admission)
    await crowd.fill(1)
    crowd.tasks[0].cancel()
    await asyncio.wait(crowd.tasks)
    async with admission.place():
        pass


async def test_one_who_leaves_while_waiting_frees_a_seat():
    crowd = Crowd(Admission(1, 1))
    await crowd.fill(2)
    crowd.tasks[1].cancel()
    await asyncio.wait(crowd.tasks[1:])
    await crowd.fill(1)
    assert not crowd.tasks[0].done()


async def test_time_to_come_back_grows_with_the_time_that_requests_take():
    now = 0.0
    admission = Admission(1, 4, clock=lambda: now)

    async def refusal():
        crowd = Crowd(admission)
        await crowd.fill(5)
        with pytest.raises(Overloaded) as caught:
            await crowd.enter()
        crowd.leave.set()
        await asyncio.gather(*crowd.tasks)
        return caught.value.details["retry_after_s"]

    soon = await refusal()
    for _ in range(20):
        async with admission.place():
            now += 30
    assert await refusal() > 5 * soon

"""Ready once every stage has answered; a busy stage stays ready, a failing one does not."""

import asyncio

import pytest

from services.common.errors import NotReady, Overloaded
from services.common.lifecycle import Lifecycle
from services.workflow.readiness import Readiness


class Stage:
    """A probe whose answer can be changed."""

    def __init__(self):
        self.error = None
        self.stuck = False
        self.asked = 0

    async def __call__(self):
        self.asked += 1
        if self.stuck:
            await asyncio.Event().wait()
        if self.error:
            raise self.error


@pytest.fixture
def stages():
    return {"segment": Stage(), "generate": Stage()}


@pytest.fixture
def readiness(stages):
    return Readiness(stages, timeout_s=0.01, fresh_s=0)


async def test_service_is_ready_when_every_stage_answered(readiness):
    assert await readiness.ready()
    assert await readiness.states() == {"segment": "ready", "generate": "ready"}
    await readiness.require()


async def test_requests_wait_for_a_stage_that_has_not_answered_yet(readiness, stages):
    stages["generate"].stuck = True
    await readiness.require()
    assert not await readiness.ready()
    assert await readiness.states() == {"segment": "ready", "generate": "starting"}


async def test_stage_that_failed_before_it_ever_answered_is_named(readiness, stages):
    stages["generate"].error = NotReady("no weights")
    with pytest.raises(NotReady, match="generate") as caught:
        await readiness.require()
    assert caught.value.details["stages"] == ["generate"]


async def test_stage_that_is_busy_stays_ready(readiness, stages):
    await readiness.ready()
    stages["generate"].stuck = True
    assert await readiness.ready()


async def test_stage_whose_queue_is_full_stays_ready(readiness, stages):
    await readiness.ready()
    stages["generate"].error = Overloaded("full")
    assert await readiness.ready()
    await readiness.require()


@pytest.mark.parametrize("error", [NotReady("gone"), RuntimeError("unheard of")], ids=["ours", "unknown"])
async def test_stage_that_meets_any_other_error_is_failed(readiness, stages, error):
    await readiness.ready()
    stages["generate"].error = error
    assert await readiness.states() == {"segment": "ready", "generate": "failed"}


async def test_stage_that_fails_is_not_ready_until_it_answers_again(readiness, stages):
    await readiness.ready()
    stages["generate"].error = NotReady("gone")
    assert not await readiness.ready()
    stages["generate"].error = None
    assert await readiness.ready()


async def test_requests_pass_while_a_stage_that_was_warm_is_replaced(readiness, stages):
    await readiness.require()
    stages["generate"].error = NotReady("gone")
    assert not await readiness.ready()
    await readiness.require()


async def test_good_answers_are_believed_for_a_moment(stages):
    now = 0.0
    readiness = Readiness(stages, fresh_s=2, clock=lambda: now)
    for _ in range(3):
        await readiness.ready()
    assert stages["segment"].asked == 1
    now += 2
    await readiness.ready()
    assert stages["segment"].asked == 2


async def test_bad_answers_are_not(stages):
    stages["segment"].error = NotReady("gone")
    readiness = Readiness(stages, fresh_s=2, clock=lambda: 0.0)
    for _ in range(3):
        await readiness.ready()
    assert stages["segment"].asked == 3


async def test_stage_that_sleeps_is_told_and_lets_requests_pass():
    async def asleep():
        return Lifecycle.ASLEEP

    readiness = Readiness({"segment": Stage(), "generate": asleep})
    assert await readiness.ready()
    assert await readiness.states() == {"segment": "ready", "generate": "asleep"}
    await readiness.require()

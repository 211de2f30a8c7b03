"""Calls are made again when who worked on them is gone, and only then."""

import asyncio
import time

import pytest

from services.api.common import StageName
from services.common.errors import InvalidInput, NotReady
from services.common.metrics import STAGE_RETRIES, Recorder
from services.gateway.status import status_of
from services.workflow.repeat import RepeatedCall, StageLost
from tests.support.fake_metrics import FakeMetrics

LOST = StageLost("a stage is being replaced; try again", retry_after_s=3)


class Attempt:
    """A call with a known end, which may be awaited more than once."""

    def __init__(self, outcome):
        self.outcome = outcome
        self.cancelled = False

    def __await__(self):
        yield from asyncio.sleep(0).__await__()
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome

    def cancel(self):
        self.cancelled = True


class Calls:
    """A stage whose calls end as told, one after the other."""

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)
        self.begun = []

    def __call__(self):
        self.begun.append(Attempt(self.outcomes.pop(0)))
        return self.begun[-1]


@pytest.fixture
def metrics():
    return FakeMetrics()


@pytest.fixture
def repeated(metrics):
    def make(calls, inputs=(), deadline_s=None, pauses_s=(0, 0)):
        return RepeatedCall(StageName.SEGMENT, calls, deadline_s, Recorder(metrics), inputs, pauses_s)

    return make


def retries(metrics):
    return len(metrics.values[STAGE_RETRIES.name, (("stage", "segment"),)])


def test_call_is_begun_before_it_is_awaited(repeated):
    calls = Calls("cutout")
    repeated(calls)
    assert len(calls.begun) == 1


async def test_result_of_the_first_call_is_all_there_is(repeated, metrics):
    call = repeated(Calls("cutout"))
    assert [await call, await call] == ["cutout", "cutout"]
    assert retries(metrics) == 0


async def test_call_whose_replica_died_is_made_again_and_counted(repeated, metrics):
    assert await repeated(Calls(LOST, LOST, "cutout")) == "cutout"
    assert retries(metrics) == 2


async def test_calls_are_bounded_and_the_last_loss_is_retryable_by_the_caller(repeated):
    calls = Calls(*[LOST] * 9)
    with pytest.raises(NotReady) as caught:
        await repeated(calls)
    assert len(calls.begun) == 3
    assert status_of(caught.value).retryable


@pytest.mark.parametrize("error", [InvalidInput("no"), NotReady("stuck"), asyncio.CancelledError(), ValueError("bug")])
async def test_other_errors_are_never_repeated(repeated, error):
    calls = Calls(error, "cutout")
    with pytest.raises(type(error)):
        await repeated(calls)
    assert len(calls.begun) == 1


async def test_call_is_not_repeated_when_its_time_would_be_over(repeated):
    calls = Calls(LOST, "cutout")
    with pytest.raises(StageLost):
        await repeated(calls, deadline_s=time.time() + 5, pauses_s=(60,))
    assert len(calls.begun) == 1


async def test_input_that_was_lost_too_is_made_again_first(repeated):
    cutouts = Calls("first cutout", "second cutout")
    cutout = repeated(cutouts)
    await cutout
    cutouts.begun[0].outcome = LOST
    taken = []

    def begin():
        taken.append(cutout.current.outcome)
        return Attempt("picture" if taken[-1] == "second cutout" else LOST)

    assert await repeated(begin, inputs=[cutout]) == "picture"
    assert taken == [LOST, "second cutout"]


async def test_input_that_is_still_there_is_not_made_again(repeated):
    cutouts = Calls("cutout")
    assert await repeated(Calls(LOST, "picture"), inputs=[repeated(cutouts)]) == "picture"
    assert len(cutouts.begun) == 1


async def test_cancelled_call_stops_the_one_under_way_and_makes_no_other(repeated):
    calls = Calls(LOST, "cutout")
    call = repeated(calls)
    call.cancel()
    assert calls.begun[0].cancelled
    with pytest.raises(StageLost):
        await call
    assert len(calls.begun) == 1


async def test_caller_who_leaves_during_the_pause_ends_it(repeated):
    calls = Calls(LOST, "cutout")
    waiting = asyncio.ensure_future(asyncio.wait_for(repeated(calls, pauses_s=(60,)), None))
    await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert len(calls.begun) == 1

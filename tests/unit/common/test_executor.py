"""Work runs in the stage's own threads, is measured, and stops when nobody waits any more."""

import asyncio
import threading

import pytest
import structlog

from services.common.errors import Cancelled, DeadlineExceeded, InvalidInput, NotReady
from services.common.executor import StageExecutor
from services.common.logs import request_context
from services.common.metrics import Recorder
from services.segment.schema import SegmentRequest
from tests.support.fake_metrics import FakeMetrics

REQUEST = SegmentRequest(image=None, request_id="id-1")
LABELS = (("stage", "segment"),)


@pytest.fixture
def metrics():
    return FakeMetrics()


@pytest.fixture
def executor(metrics):
    made = StageExecutor("segment", Recorder(metrics))
    yield made
    made.close()


async def test_work_runs_in_a_thread_of_the_stage(executor):
    assert (await executor.run(REQUEST, lambda _: threading.current_thread().name)).startswith("segment")


async def test_work_and_wait_are_measured(executor, metrics):
    await executor.run(REQUEST, lambda _: None)
    assert len(metrics.values["vitrine_stage_seconds", LABELS]) == 1
    assert len(metrics.values["vitrine_stage_wait_seconds", LABELS]) == 1


async def test_lines_of_the_work_say_for_whom_it_is(executor):
    with request_context("id-1", tenant="acme", job="job-1", item=2):
        request = SegmentRequest(image=None, request_id="id-1")
    # In a context of its own, as in the stage's process.
    told = await executor.run(request, lambda _: structlog.contextvars.get_contextvars())
    assert told == {"request_id": "id-1", "tenant": "acme", "job": "job-1", "item": 2}


async def test_error_of_the_work_arrives(executor):
    def work(_):
        raise InvalidInput("no")

    with pytest.raises(InvalidInput):
        await executor.run(REQUEST, work)


async def test_work_whose_time_is_over_does_not_begin(executor):
    began = threading.Event()
    with pytest.raises(DeadlineExceeded):
        await executor.run(SegmentRequest(image=None, deadline_s=1.0), lambda _: began.set())
    assert not began.is_set()


async def test_cancelled_wait_stops_work_at_its_next_check(executor):
    began, go_on, stopped = threading.Event(), threading.Event(), threading.Event()

    def work(deadline):
        began.set()
        go_on.wait(10)
        try:
            deadline.check()
        except Cancelled:
            stopped.set()

    waiting = asyncio.create_task(executor.run(REQUEST, work))
    await asyncio.to_thread(began.wait, 10)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    go_on.set()
    assert await asyncio.to_thread(stopped.wait, 10)


async def test_work_that_hangs_fails_the_health_check():
    now, began, go_on = 0.0, threading.Event(), threading.Event()
    executor = StageExecutor("segment", Recorder(FakeMetrics()), stuck_after_s=60, clock=lambda: now)
    work = asyncio.create_task(executor.run(REQUEST, lambda _: (began.set(), go_on.wait(10))))
    await asyncio.to_thread(began.wait, 10)
    executor.check()
    now = 61.0
    with pytest.raises(NotReady, match="segment has been at one request for 61 s"):
        executor.check()
    go_on.set()
    await work
    executor.check()


async def test_one_request_is_worked_on_at_a_time(executor):
    at_work, most = 0, 0

    def work(_):
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        threading.Event().wait(0.01)
        at_work -= 1

    await asyncio.gather(*(executor.run(REQUEST, work) for _ in range(5)))
    assert most == 1

import asyncio
import gc
import threading
from concurrent.futures import CancelledError

import numpy as np
import pytest

from services.common.deadline import Deadline
from services.common.errors import (
    Cancelled,
    DeadlineExceeded,
    Internal,
    InvalidInput,
    NotReady,
    Overloaded,
    TooLarge,
)
from services.generate.diffusion.estimates import Estimates
from services.generate.diffusion.order import Order, Priority
from services.generate.loop import DenoisingLoop, LoopLimits
from tests.support.diffusion import sample_request
from tests.support.fake_pipeline import DECODE_S, PREPARE_S, STEP_S, FakePipeline
from tests.support.loops import WIDE, CrankedLoop
from tests.support.virtual_clock import VirtualClock

pytestmark = pytest.mark.usefixtures("log")


def picture_alone(**request):
    """What the fake draws of a request that has everything for itself."""
    alone = CrankedLoop(max_batch=1)
    future = alone.submit(request.pop("seed"), request.pop("steps", 4))
    alone.run_out()
    return future.result(timeout=0)


def test_picture_comes_through_the_thread():
    loop = DenoisingLoop(FakePipeline(VirtualClock()), Estimates())
    loop.start()
    try:
        futures = [loop.submit(Order(sample_request(seed=seed))) for seed in range(20)]
        pictures = [future.result(timeout=20) for future in futures]
    finally:
        loop.close()
    assert pictures == [picture_alone(seed=seed) for seed in range(20)]
    assert "denoising" not in [thread.name for thread in threading.enumerate()]


def test_steps_their_time_and_the_batches_share_are_measured():
    cranked = CrankedLoop(max_batch=4)
    cranked.submit(1, steps=2)
    cranked.submit(2, steps=2)
    cranked.run_out()
    written = cranked.metrics.values
    assert sum(written["vitrine_denoising_steps_total", ()]) == 4
    assert written["vitrine_batch_occupancy_ratio", ()] == [0.5, 0.5]
    assert written["vitrine_denoising_step_seconds", ()] == pytest.approx([STEP_S, STEP_S])


def test_short_request_joins_a_long_one_at_its_next_step():
    cranked = CrankedLoop()
    long = cranked.submit(1, steps=40)
    cranked.turns(10)
    short = cranked.submit(2, steps=4)
    cranked.turns(5)  # four steps, and its picture is decoded before the fifth
    assert short.result(timeout=0) == picture_alone(seed=2)
    assert cranked.pipeline.batches[10:15] == [[2, 1]] * 4 + [[1]]
    assert not long.done()


def test_samples_of_different_sizes_share_no_step():
    cranked = CrankedLoop()
    futures = [cranked.submit(1), cranked.submit(2, request={"pictures": WIDE}), cranked.submit(3)]
    cranked.run_out()
    assert all(future.done() for future in futures)
    assert all(set(batch) <= {1, 3} or batch == [2] for batch in cranked.pipeline.batches)


def test_guided_and_unguided_samples_share_no_step():
    cranked = CrankedLoop()
    cranked.submit(1), cranked.submit(2, request={"guidance": 1.0})
    cranked.run_out()
    assert all(len(batch) == 1 for batch in cranked.pipeline.batches)


def test_earliest_deadline_goes_first():
    cranked = CrankedLoop(max_batch=1)
    for seed, within_s in ((1, 19), (2, 12), (3, 18)):
        cranked.submit(seed, within_s=within_s)
    cranked.run_out()
    assert cranked.pipeline.decoded == [2, 3, 1]


def test_short_request_goes_before_a_long_one_when_deadlines_are_far():
    cranked = CrankedLoop(max_batch=1)
    cranked.submit(1, steps=40, within_s=600)
    cranked.turns(3)
    cranked.submit(2, steps=4, within_s=600)
    cranked.run_out()
    assert cranked.pipeline.decoded == [2, 1]


def test_long_request_ends_however_many_short_ones_come():
    cranked = CrankedLoop(max_batch=1)
    long = cranked.submit(0, steps=20)
    for seed in range(1, 200):  # each brings as much work as gets done meanwhile
        cranked.submit(seed, steps=2)
        cranked.turns(2)
    assert long.done()


@pytest.mark.parametrize("seed", range(5))
def test_short_requests_wait_less_than_half_as_long_as_first_come_first_served(seed):
    """In virtual time, where a batch of eight takes eight times as long: so all of it is the order of service."""
    rng = np.random.default_rng(seed)
    steps = rng.permutation([4, 6, 8, 12, 20, 30, 40, 40] * 4)
    arrivals = rng.exponential(20 / 3, len(steps)).cumsum()  # three times as fast as they get done
    cranked = CrankedLoop(batching_helps=False, estimates=Estimates())
    ends, free_s, waits = {}, 0.0, []
    for number, (at_s, each) in enumerate(zip(arrivals, steps, strict=True)):
        while cranked.clock() < at_s:
            if not cranked.loop.turn():
                cranked.clock.move(at_s - cranked.clock())
        future = cranked.submit(number, int(each))
        future.add_done_callback(lambda _, number=number: ends.update({number: cranked.clock()}))
        free_s = max(at_s, free_s) + PREPARE_S + each + DECODE_S
        waits.append(free_s - at_s)
    cranked.run_out()
    short = [number for number, each in enumerate(steps) if each <= 8]
    in_turn = np.mean([waits[number] for number in short])
    assert np.mean([ends[number] - arrivals[number] for number in short]) < in_turn / 2
    assert max(ends.values()) < 1.02 * free_s + STEP_S


def test_interactive_goes_before_bulk():
    cranked = CrankedLoop(max_batch=1, ageing_s=1000)
    cranked.submit(1, priority=Priority.BULK)
    cranked.turns(2)
    cranked.submit(2)
    cranked.run_out()
    assert cranked.pipeline.decoded == [2, 1]


def test_bulk_gets_a_step_now_and_then_and_no_more():
    cranked = CrankedLoop(max_batch=1, ageing_s=10)
    cranked.submit(0, priority=Priority.BULK, steps=4)
    for seed in range(1, 40):
        cranked.submit(seed, steps=2)
        cranked.turns(2)
    steps_of_bulk = [place for place, batch in enumerate(cranked.pipeline.batches) if batch == [0]]
    assert len(steps_of_bulk) >= 4
    assert min(np.diff(steps_of_bulk)) > 3


def test_bulk_fills_places_that_nobody_else_wants():
    cranked = CrankedLoop(max_batch=2)
    cranked.submit(1, priority=Priority.BULK), cranked.submit(2)
    cranked.run_out()
    assert [2, 1] in cranked.pipeline.batches


def test_deterministic_sample_never_shares_a_step():
    cranked = CrankedLoop()
    for seed in range(4):
        cranked.submit(seed, deterministic=seed == 2)
    cranked.run_out()
    assert [2] in cranked.pipeline.batches
    assert all(batch == [2] for batch in cranked.pipeline.batches if 2 in batch)


@pytest.mark.parametrize("turns", range(6), ids=lambda turns: f"after {turns} turns")
@pytest.mark.parametrize("how", ["future", "token"])
def test_cancelled_request_takes_no_further_step(turns, how):
    cranked = CrankedLoop()
    deadline = Deadline()
    gone, stays = cranked.submit(1, steps=5, deadline=deadline), cranked.submit(2, steps=5)
    cranked.turns(turns)
    gone.cancel() if how == "future" else deadline.cancel()
    before = len(cranked.pipeline.batches)
    cranked.run_out()
    with pytest.raises((CancelledError, Cancelled)):
        gone.result(timeout=0)
    assert all(batch == [2] for batch in cranked.pipeline.batches[before:])
    assert cranked.pipeline.decoded == [2]
    assert stays.result(timeout=0) == picture_alone(seed=2, steps=5)


def test_cancel_during_a_step_ends_after_that_step():
    cranked = CrankedLoop()
    deadline = Deadline()
    gone = cranked.submit(1, steps=9, deadline=deadline, on_step=lambda done: deadline.cancel())
    cranked.run_out()
    assert isinstance(gone.exception(timeout=0), Cancelled)
    assert cranked.pipeline.batches == [[1]]


def test_request_whose_time_runs_out_leaves_within_one_step():
    cranked = CrankedLoop(estimates=Estimates())  # knows nothing yet, so it promises what it can't keep
    late, stays = cranked.submit(1, steps=30, within_s=5), cranked.submit(2, steps=10)
    cranked.run_out()
    assert isinstance(late.exception(timeout=0), DeadlineExceeded)
    assert sum(1 in batch for batch in cranked.pipeline.batches) <= 5
    assert stays.result(timeout=0) == picture_alone(seed=2, steps=10)


def test_request_that_can_not_be_in_time_is_refused_at_once_with_the_estimate():
    cranked = CrankedLoop()
    with pytest.raises(DeadlineExceeded, match=r"41\.0 s") as caught:
        cranked.submit(1, steps=40, within_s=30)
    assert caught.value.details == {"estimate_s": 41.0, "remaining_s": 30.0}
    assert not cranked.loop.turn()


def test_refused_request_of_a_fresh_loop_is_judged_by_what_it_learned():
    cranked = CrankedLoop(estimates=Estimates())
    cranked.submit(1, steps=3)
    cranked.run_out()
    with pytest.raises(DeadlineExceeded):
        cranked.submit(2, steps=40, within_s=30)
    assert cranked.submit(3, steps=10, within_s=30)


def test_full_loop_refuses_with_the_time_to_come_again():
    cranked = CrankedLoop(slots=2)
    cranked.submit(1, steps=10), cranked.submit(2, steps=4)
    with pytest.raises(Overloaded) as caught:
        cranked.submit(3)
    assert caught.value.details == {"retry_after_s": 5.0}
    cranked.run_out()
    assert cranked.submit(3)


def test_wrong_request_is_refused_before_anything_else():
    with pytest.raises(InvalidInput):
        CrankedLoop(slots=0).submit(1, request={"prompt": "wrong"})


def test_batch_that_does_not_fit_is_halved_and_nobody_is_lost():
    cranked = CrankedLoop(fits=3)
    futures = [cranked.submit(seed, steps=6) for seed in range(8)]
    cranked.run_out()
    assert [future.result(timeout=0) for future in futures] == [picture_alone(seed=seed, steps=6) for seed in range(8)]
    assert max(map(len, cranked.pipeline.batches)) <= 3


def test_sample_that_does_not_even_fit_alone_is_refused_and_the_others_go_on():
    cranked = CrankedLoop()
    small = cranked.submit(1, steps=9)
    cranked.turns(2)
    cranked.pipeline.fits = 0
    too_large = cranked.submit(2, steps=1, request={"pictures": WIDE})
    while not too_large.done():
        cranked.loop.turn()
    cranked.pipeline.fits = 1000
    cranked.run_out()
    assert isinstance(too_large.exception(timeout=0), TooLarge)
    assert small.result(timeout=0) == picture_alone(seed=1, steps=9)


def test_size_that_went_through_before_may_come_again_when_memory_is_short():
    cranked = CrankedLoop()
    cranked.submit(1)
    cranked.run_out()
    cranked.pipeline.fits = 0
    short = cranked.submit(2)
    cranked.run_out()
    assert isinstance(short.exception(timeout=0), Overloaded)
    assert short.exception(timeout=0).details["retry_after_s"] > 0


def test_sample_that_breaks_its_batch_is_found_and_refused_alone(log):
    cranked = CrankedLoop(broken={3})
    futures = {seed: cranked.submit(seed) for seed in range(6)}
    cranked.run_out()
    assert isinstance(futures.pop(3).exception(timeout=0), Internal)
    assert [len(line["requests"]) for line in log if line["event"] == "drawing failed"] == [4, 1]
    assert all(future.result(timeout=0) == picture_alone(seed=seed) for seed, future in futures.items())


def test_progress_tells_every_step_and_shows_every_third():
    cranked = CrankedLoop()
    told = []
    cranked.submit(1, steps=7, preview_every=3, on_step=told.append)
    cranked.run_out()
    assert [done.step for done in told] == list(range(1, 8))
    assert {done.steps for done in told} == {7}
    assert [done.step for done in told if done.preview is not None] == [3, 6]


def test_listener_that_fails_gets_its_picture_all_the_same():
    cranked = CrankedLoop()
    future = cranked.submit(1, on_step=lambda done: 1 / 0)
    cranked.run_out()
    assert future.result(timeout=0) == picture_alone(seed=1)


def test_closed_loop_finishes_what_it_can_and_takes_no_more():
    cranked = CrankedLoop()
    short, long = cranked.submit(1, steps=3), cranked.submit(2, steps=50)
    cranked.loop.close(grace_s=8)
    with pytest.raises(NotReady):
        cranked.submit(3)
    cranked.run_out()
    assert short.result(timeout=0) == picture_alone(seed=1, steps=3)
    assert isinstance(long.exception(timeout=0), NotReady)


def test_nobody_waits_for_a_thread_that_has_died(monkeypatch):
    loop = DenoisingLoop(FakePipeline(VirtualClock()), Estimates())
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    monkeypatch.setattr(loop, "turn", lambda: 1 / 0)
    loop.start()
    future = loop.submit(Order(sample_request()))
    assert isinstance(future.exception(timeout=20), NotReady)
    loop.close()
    with pytest.raises(NotReady, match="ended"):
        loop.check()


def test_turn_that_hangs_is_noticed():
    clock = VirtualClock()
    pipeline = FakePipeline(clock)
    loop = DenoisingLoop(pipeline, Estimates(), LoopLimits(stuck_after_s=5), clock=clock, timer=clock)
    found = []

    def look(done):
        clock.move(3 * done.step)
        try:
            found.append(loop.check())
        except NotReady as error:
            found.append(error.code)

    loop.submit(Order(sample_request(steps=2), on_step=look))
    while loop.turn():
        pass
    assert found == [None, "not_ready"]


async def test_leaving_an_await_takes_the_request_out():
    cranked = CrankedLoop()
    waiting = asyncio.wrap_future(cranked.submit(1, steps=9))
    cranked.turns(2)
    waiting.cancel()
    await asyncio.sleep(0)
    cranked.run_out()
    assert len(cranked.pipeline.batches) == 2


def test_errors_that_callers_keep_hold_no_sample():
    cranked = CrankedLoop(broken={1})
    deadline = Deadline()
    futures = [cranked.submit(1), cranked.submit(2, steps=50, deadline=deadline)]
    cranked.turns(3)
    deadline.cancel()
    cranked.run_out()
    errors = [future.exception(timeout=0) for future in futures]
    gc.collect()
    assert [type(error) for error in errors] == [Internal, Cancelled]
    assert not cranked.pipeline.alive

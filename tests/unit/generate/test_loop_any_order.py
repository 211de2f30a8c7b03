"""Whatever comes, leaves and ends in whatever order: each survivor's picture is the one it would have had alone, and
nothing stays behind."""

import gc
import weakref

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from services.common.deadline import Deadline
from services.common.errors import Cancelled, DeadlineExceeded, Internal, Overloaded
from services.generate.diffusion.checkpoint import Checkpoint
from services.generate.diffusion.estimates import Estimates
from services.generate.diffusion.order import Order, Priority
from services.generate.loop import DenoisingLoop, LoopLimits
from services.generate.pipeline import InpaintPipeline
from services.generate.schema import Scheduler
from tests.support.diffusion import run_alone, sample_request
from tests.support.fake_pipeline import FakePipeline
from tests.support.loops import WIDE
from tests.support.tiny_checkpoint import write_tiny_checkpoint
from tests.support.virtual_clock import VirtualClock

pytestmark = pytest.mark.usefixtures("log")

BROKEN = 13
#: What is ordered: of several sizes, schedulers and lengths, with guidance and without.
REQUESTS = [
    {"seed": 1, "steps": 2}, {"seed": 2, "steps": 5}, {"seed": 3, "steps": 3, "scheduler": Scheduler.LCM},
    {"seed": 4, "steps": 4, "scheduler": Scheduler.EULER, "plate_strength": 0.5}, {"seed": 5, "guidance": 1.0},
    {"seed": 6, "steps": 3, "pictures": WIDE}, {"seed": 7, "steps": 6, "scheduler": Scheduler.DDIM},
]  # fmt: skip


class TrackedPipeline(InpaintPipeline):
    """The real pipeline: moves a clock by a second each step, and remembers which samples live."""

    def __init__(self, *parts):
        super().__init__(*parts)
        self.clock = VirtualClock()
        self.alive = weakref.WeakSet()

    def prepare(self, request):
        sample = super().prepare(request)
        self.alive.add(sample)
        return sample

    def predict(self, inputs):
        self.clock.move(1.0)
        return super().predict(inputs)


class AnyOrder(RuleBasedStateMachine):
    """Orders, cancels, turns and passing time, as they come. `open` gives the pipeline and its clock."""

    open = pictures = None
    tolerance = 0

    def __init__(self):
        super().__init__()
        self.pipeline, self.clock = self.open()
        self.orders = []
        self.refusals = []

    @initialize(max_batch=st.integers(1, 4), slots=st.integers(2, 6), ageing_s=st.sampled_from([0.5, 3.0, 1000.0]))
    def begin(self, max_batch, slots, ageing_s):
        limits = LoopLimits(slots, max_batch, ageing_s=ageing_s)
        self.loop = DenoisingLoop(self.pipeline, Estimates(), limits, clock=self.clock, timer=self.clock)

    def requests(self):
        return REQUESTS

    @rule(
        place=st.integers(0, 100), within_s=st.sampled_from([None, None, 2.5, 6.0, 30.0]),
        priority=st.sampled_from(Priority), deterministic=st.booleans(), cancel_at=st.sampled_from([0, 0, 0, 1, 2]),
    )  # fmt: skip
    def order(self, place, within_s, priority, deterministic, cancel_at):
        request = self.requests()[place % len(self.requests())]
        deadline = Deadline(None if within_s is None else self.clock() + within_s)

        def leave(done):
            if done.step == cancel_at:
                deadline.cancel()

        order = Order(sample_request(**request), deadline, priority, deterministic, preview_every=2, on_step=leave)
        try:
            self.orders.append((request, order, self.loop.submit(order)))
        except (Overloaded, DeadlineExceeded) as refused:
            self.refusals.append(refused)

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), how=st.sampled_from(["future", "token"]))
    def cancel(self, data, how):
        _, order, future = data.draw(st.sampled_from(self.orders))
        future.cancel() if how == "future" else order.deadline.cancel()

    @rule(turns=st.integers(1, 4))
    def turn(self, turns):
        for _ in range(turns):
            self.loop.turn()

    @rule(seconds=st.sampled_from([0.5, 5.0]))
    def wait(self, seconds):
        self.clock.move(seconds)

    @invariant()
    def every_slot_is_somebodys(self):
        if self.orders:
            held = {slot.future for slot in self.loop._slots}
            assert held >= {future for *_, future in self.orders if not future.done()}
            assert all(future in held or future.done() for *_, future in self.orders)

    def teardown(self):
        for _ in range(2000):
            if not self.loop.turn():
                break
        for request, order, future in self.orders:
            assert future.done()
            self.look(request, order, future)
        assert len(self.loop._slots) == 0
        assert all({"retry_after_s", "estimate_s"} & refused.details.keys() for refused in self.refusals)
        self.orders.clear()
        self.refusals.clear()
        if self.pipeline.alive:  # nothing but cycles may be left
            gc.collect()
        assert not self.pipeline.alive

    def look(self, request, order, future):
        if future.cancelled():
            return
        error = future.exception(timeout=0)
        if error is None:
            tolerance = 0 if order.deterministic else self.tolerance
            apart = np.abs(future.result(timeout=0).astype(int) - self.alone(request).astype(int))
            assert apart.max() <= tolerance
        elif isinstance(error, Internal):
            assert request["seed"] == BROKEN
        else:
            assert isinstance(error, Cancelled | DeadlineExceeded)

    def alone(self, request):
        key = tuple(sorted((name, id(value) if name == "pictures" else value) for name, value in request.items()))
        if key not in self.pictures:
            self.pictures[key] = run_alone(*self.for_alone(request))
        return self.pictures[key]


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def machine(open_pipeline, open_alone, tolerance, more=()):
    """A kind of `AnyOrder`."""

    class Machine(AnyOrder):
        open = staticmethod(open_pipeline)

        def requests(self):
            return [*REQUESTS, *more]

        def for_alone(self, request):
            return open_alone(), sample_request(**request)

    Machine.tolerance, Machine.pictures = tolerance, {}
    return Machine


def run(machine_class, examples, steps):
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    run_state_machine_as_test(
        machine_class,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=checks
        ),
    )


def test_any_order_gives_each_survivor_its_own_result_without_networks():
    """Many long examples, among them samples that break their batches and batches that don't fit."""

    def opened():
        clock = VirtualClock()
        return FakePipeline(clock, fits=3, broken={BROKEN}), clock

    class Alone(FakePipeline):
        def step(self, samples):
            for sample, prediction in zip(samples, self.predict(samples), strict=True):
                self.advance(sample, prediction)

    run(machine(opened, lambda: Alone(VirtualClock()), 0, [{"seed": BROKEN, "steps": 4}]), 60, 40)


@pytest.mark.parametrize("xl", [False, True], ids=["sd", "sdxl"])
def test_any_order_gives_each_survivor_the_picture_it_would_have_had_alone(tmp_path, xl):
    """Within 2 of 255 in shared batches, to the byte in the deterministic lane."""
    pipeline = TrackedPipeline.open(Checkpoint.read(write_tiny_checkpoint(tmp_path, xl=xl)))
    run(machine(lambda: (pipeline, pipeline.clock), lambda: pipeline, 2), 10, 20)


def test_no_tensor_stays_behind(tmp_path):
    pipeline = TrackedPipeline.open(Checkpoint.read(write_tiny_checkpoint(tmp_path)))
    loop = DenoisingLoop(pipeline, Estimates(), clock=pipeline.clock, timer=pipeline.clock)

    def busy_hour():
        futures = [loop.submit(Order(sample_request(**request))) for request in REQUESTS]
        loop.turn()
        futures[1].cancel()
        while loop.turn():
            pass
        return futures

    def tensors():
        gc.collect()
        # By type: asking some of torch's deprecated things for their class makes them warn.
        return [thing for thing in gc.get_objects() if issubclass(type(thing), torch.Tensor)]

    first = busy_hour()  # fills the cache of prompts
    known = {id(tensor): weakref.ref(tensor) for tensor in tensors()}
    again = busy_hour()
    # By identity, not by number: what other tests left to the collector goes when it likes.
    left = [tensor for tensor in tensors() if id(tensor) not in known or known[id(tensor)]() is not tensor]
    assert left == []
    assert [future.cancelled() for future in first + again].count(True) == 2

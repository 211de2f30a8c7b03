"""Step-level batching: samples that share a batch for one step at a time, and join and leave between steps.

    loop = DenoisingLoop(pipeline, Estimates.open(path, key))
    loop.start()
    future = loop.submit(Order(request, deadline))      # from any thread
    picture = future.result()                           # or: await asyncio.wrap_future(future)

One thread owns the networks. Its turn: a little of the work that is nobody's step (encoding who joins, decoding who is
done), then one step for one batch. Between turns everything is open: who left or ran out of time goes, whoever is most
urgent comes next. A sample is small beside the networks, so all of them stay in memory and waiting costs nothing.
The idea of batching by iteration is Orca's (Yu et al., OSDI 2022).
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.common.errors import Cancelled, NotReady, VitrineError
from services.common.logs import logger
from services.common.metrics import BATCH_OCCUPANCY, DENOISING_STEP_SECONDS, DENOISING_STEPS, Recorder, Silent
from services.generate.diffusion.admission import Admission
from services.generate.diffusion.batch_limits import BatchLimits
from services.generate.diffusion.device import Device, open_device
from services.generate.diffusion.estimates import Estimates
from services.generate.diffusion.order import Order
from services.generate.diffusion.slots import Slot, Slots
from services.generate.diffusion.workbench import Workbench, step_of
from services.generate.pipeline import InpaintPipeline


@dataclass(frozen=True)
class LoopLimits:
    """How much the loop takes on.

    Args:
        slots: Requests held at once, waiting ones included.
        max_batch: Samples that share a step at most.
        memory_bytes: For a batch beside the networks; None = nine tenths of what the device has free at the start.
        ageing_s: Who got no step for so long counts as one priority higher, for one step.
        stuck_after_s: A turn that takes longer is taken to hang.
    """

    slots: int = 64
    max_batch: int = 8
    memory_bytes: int | None = None
    ageing_s: float = 10.0
    stuck_after_s: float = 600.0


class DenoisingLoop:
    """Draws what is ordered, many pictures at a time.

    Args:
        pipeline: Used by the loop's thread alone, but for `check` and `bucket`.
        estimates: What work takes; the loop adds to them.
        limits: See there.
        device: Of the networks; None = as the pipeline says.
        clock: Unix time in seconds, which deadlines are held against.
        timer: Seconds from any fixed point, which work is measured with.
        recorder: Gets every step.
    """

    def __init__(
        self,
        pipeline: InpaintPipeline,
        estimates: Estimates,
        limits: LoopLimits | None = None,
        device: Device | None = None,
        clock: Callable[[], float] = time.time,
        timer: Callable[[], float] = time.perf_counter,
        recorder: Recorder | None = None,
    ) -> None:
        self._recorder = recorder or Recorder(Silent)
        self._pipeline = pipeline
        self._estimates = estimates
        self._limits = limits = limits or LoopLimits()
        device = device or open_device(pipeline.device)
        self._clock = clock
        self._timer = timer
        budget = limits.memory_bytes
        if budget is None and (free := device.free_bytes()) is not None:
            budget = int(0.9 * free)
        self._batches = BatchLimits(estimates, budget, limits.max_batch, timer)
        self._slots = Slots(limits.slots, limits.ageing_s)
        self._admission = Admission(self._slots, estimates, self._batches)
        # Guards slots, estimates and memory's figures; never held while a network runs.
        self._changed = threading.Condition()
        self._bench = Workbench(pipeline, device, self._slots, estimates, self._batches, self._changed, timer)
        self._ends_s: float | None = None
        self._turn_began: float | None = None
        self._thread: threading.Thread | None = None

    def submit(self, order: Order) -> "Future[NDArray[np.uint8]]":
        """Order a picture; safe from any thread.

        Returns:
            Gets the picture, (H, W, 3) uint8 sRGB, or what `turn` says of it. Cancelling it takes the request out
            within one step, as the deadline's token does.

        Raises:
            InvalidInput: The checkpoint can't do it; see `InpaintPipeline.check`.
            NotReady: The loop is stopping.
            Overloaded, DeadlineExceeded, TooLarge, Cancelled: See `Admission.admit`.
        """
        self._pipeline.check(order.request)
        bucket = self._pipeline.bucket(order.request)
        with self._changed:
            if self._ends_s is not None:
                raise NotReady("the drawing of pictures is stopping; try again later")
            slot = self._admission.admit(order, bucket, self._clock())
            self._changed.notify()
        return slot.future

    def turn(self) -> bool:
        """Do one turn, as the loop's thread does over and over.

        A request ends with its picture, or with `Cancelled`, `DeadlineExceeded`, `NotReady` (the loop was stopped),
        `Overloaded` or `TooLarge` (it did not fit into memory, not even alone), or `Internal`.

        Returns:
            Whether there was anything to do.
        """
        self._turn_began = self._timer()
        self._let_go()
        with self._changed:
            now_s = self._clock()
            batch = self._slots.batch(now_s, self._most)
            finished = [slot for slot in self._slots.ranked(now_s) if slot.finished]
            step_s = self._estimates.seconds(step_of(batch)) if batch else None
        self._work_beside(finished + [slot for slot in batch if slot.sample is None], step_s or 0.0)
        self._let_go()
        ready = [slot for slot in batch if slot.sample is not None and slot in self._slots]
        if ready:
            self._step(ready)
        self._turn_began = None
        return bool(finished or batch)

    def start(self) -> None:
        """Let a thread take the turns."""
        self._thread = threading.Thread(target=self._run, name="denoising", daemon=True)
        self._thread.start()

    def close(self, grace_s: float = 0.0) -> None:
        """Take no more orders, finish what can be finished, refuse the rest as `NotReady`.

        Where no thread takes the turns, further turns do it.

        Args:
            grace_s: Seconds to go on with what was taken on.
        """
        with self._changed:
            self._ends_s = self._clock() + grace_s
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()
        self._estimates.save()

    def check(self) -> None:
        """See that the loop lives.

        Raises:
            NotReady: Its thread has ended, or hangs.
        """
        if self._thread is not None and not self._thread.is_alive():
            raise NotReady("the denoising loop has ended")
        began = self._turn_began
        if began is not None and self._timer() - began > self._limits.stuck_after_s:
            raise NotReady(f"the denoising loop has been at one turn for {self._timer() - began:.0f} s")

    def _run(self) -> None:
        try:
            while self._wait():
                self.turn()
        finally:
            # Also after a fault of our own: nobody may wait for a loop that has ended.
            with self._changed:
                self._ends_s = self._clock()
            for slot in self._slots:
                self._bench.refuse(slot, NotReady("the drawing of pictures has stopped; try again later"))

    def _wait(self) -> bool:
        """Until there is something to do; False = never again."""
        with self._changed:
            if not self._slots:
                self._estimates.save()
            while not self._slots and self._ends_s is None:
                self._changed.wait()
            return len(self._slots) > 0

    def _most(self, slot: Slot) -> int:
        return 1 if slot.alone else self._batches.limit(slot.bucket)

    def _let_go(self) -> None:
        """Let those go who left, or whose time is over."""
        now_s = self._clock()
        for slot in self._slots:
            if slot.future.cancelled():
                _tell_early_end(slot, Cancelled.code)
                self._bench.forget(slot)
                slot.future.set_running_or_notify_cancel()  # tells who waits for several
                continue
            try:
                slot.order.deadline.check(now_s)
            except VitrineError as error:
                _tell_early_end(slot, error.code)
                self._bench.refuse(slot, error)
                continue
            if self._ends_s is not None and now_s >= self._ends_s:
                self._bench.refuse(slot, NotReady("the service is stopping; try again later"))

    def _work_beside(self, slots: list[Slot], step_s: float) -> None:
        """Decode who is done and prepare who joins, for about as long as a step takes, so that no step waits long.

        One picture at a time: a batch of them would keep the others waiting longer.
        """
        began = self._timer()
        for slot in slots:
            if slot.finished:
                self._bench.finish(slot)
            else:
                self._bench.prepare(slot)
            if self._timer() - began >= step_s:
                return

    def _step(self, slots: list[Slot]) -> None:
        began, room = self._timer(), self._batches.limit(slots[0].bucket)
        if stepped := self._bench.step(slots):
            self._recorder.count(DENOISING_STEPS, len(stepped))
            self._recorder.observe(DENOISING_STEP_SECONDS, self._timer() - began)
            self._recorder.observe(BATCH_OCCUPANCY, len(stepped) / room)
        now_s = self._clock()
        with self._changed:
            for slot in stepped:
                slot.served_s = now_s


def _tell_early_end(slot: Slot, reason: str) -> None:
    sample = slot.sample
    step, steps = (0, 0) if sample is None else (sample.steps_done, sample.steps_total)
    logger().info("drawing ended early", request_id=slot.order.request_id, reason=reason, step=step, steps=steps)

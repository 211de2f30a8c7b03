"""What is done with slots, measured, and with every fault kept to the request that has it."""

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from services.common.errors import Internal, VitrineError
from services.common.logs import logger
from services.generate.diffusion.batch_limits import BatchLimits
from services.generate.diffusion.device import Device, is_out_of_memory
from services.generate.diffusion.estimates import DECODE, PREPARE, STEP, Estimates, Work
from services.generate.diffusion.slots import Slot, Slots
from services.generate.pipeline import InpaintPipeline
from services.generate.schema import StepDone

T = TypeVar("T")


class Workbench:
    """Prepares, steps and finishes slots, and lets them go.

    A batch that fails takes nobody down. For want of memory, smaller ones are tried; for any other reason each of its
    samples goes on alone, so that the one that fails again is the one to refuse.

    Args:
        pipeline: Does the work.
        device: Where it is done.
        slots: Those taken on.
        estimates: Learn from it.
        batches: Learns what fits.
        lock: Guards the three above; never held while a network runs.
        timer: Seconds from any fixed point.
    """

    def __init__(
        self,
        pipeline: InpaintPipeline,
        device: Device,
        slots: Slots,
        estimates: Estimates,
        batches: BatchLimits,
        lock: threading.Condition,
        timer: Callable[[], float],
    ) -> None:
        self._pipeline = pipeline
        self._device = device
        self._slots = slots
        self._estimates = estimates
        self._batches = batches
        self._lock = lock
        self._timer = timer

    def prepare(self, slot: Slot) -> None:
        """Make the slot's sample."""
        request = slot.order.request
        slot.sample = self._attempt([slot], Work(PREPARE, slot.bucket), lambda: self._pipeline.prepare(request))

    def step(self, slots: Sequence[Slot]) -> list[Slot]:
        """Take one step with slots that may share a batch; those that took it."""
        stepped = self._attempt(slots, step_of(slots), lambda: self._step(slots)) or []
        for slot in stepped:
            self._tell(slot)
        return stepped

    def finish(self, slot: Slot) -> None:
        """Decode the slot's picture and hand it over."""
        samples = [slot.sample] if slot.sample is not None else []
        pictures = self._attempt([slot], Work(DECODE, slot.bucket), lambda: self._pipeline.decode(samples))
        if pictures is None:
            return
        with self._lock:
            self._batches.fitted(slot.bucket)
        self.forget(slot)
        # False where the caller cancels in this moment.
        if slot.future.set_running_or_notify_cancel():
            slot.future.set_result(pictures[0])

    def forget(self, slot: Slot) -> None:
        """Let a slot go, and its tensors."""
        slot.sample = None
        with self._lock:
            self._slots.remove(slot)

    def refuse(self, slot: Slot, error: VitrineError) -> None:
        """Let a slot go with an error."""
        self.forget(slot)
        # Frames of a traceback hold tensors, for as long as the caller keeps the error.
        error.__cause__ = error.__context__ = None
        if slot.future.set_running_or_notify_cancel():
            slot.future.set_exception(error.with_traceback(None))

    def _step(self, slots: Sequence[Slot]) -> list[Slot]:
        samples = [slot.sample for slot in slots if slot.sample is not None]
        predictions = self._pipeline.predict(self._pipeline.stack(samples))
        stepped = []
        for slot, sample, prediction in zip(slots, samples, predictions[:, None], strict=True):
            try:
                self._pipeline.advance(sample, prediction)
            except Exception as error:  # noqa: BLE001 - each has its own scheduler, and its own fault
                self._failed([slot], error)
            else:
                stepped.append(slot)
        return stepped

    def _attempt(self, slots: Sequence[Slot], work: Work, call: Callable[[], T]) -> T | None:
        """What a piece of work gave; None where it failed."""
        began = self._timer()
        try:
            self._device.begin()
            done = call()
            peak_bytes = self._device.end()
        except Exception as error:  # noqa: BLE001 - a fault ends the request that has it, not the loop
            self._failed(slots, error)
            return None
        with self._lock:
            self._estimates.learn(work, self._timer() - began, peak_bytes)
        return done

    def _failed(self, slots: Sequence[Slot], error: Exception) -> None:
        short = is_out_of_memory(error)
        logger().warning(
            "drawing failed", requests=[slot.order.request_id for slot in slots], out_of_memory=short, exc_info=error
        )
        if short:
            # The frames that it was raised in still hold what they had taken.
            error.__traceback__ = None
            self._device.relieve()
        if len(slots) == 1:
            self.refuse(slots[0], self._answer(slots[0], error, short=short))
        elif short:
            with self._lock:
                self._batches.fell_short(slots[0].bucket, len(slots))
        else:
            for slot in slots:
                slot.alone = True

    def _answer(self, slot: Slot, error: Exception, *, short: bool) -> VitrineError:
        if isinstance(error, VitrineError):
            return error
        if short:
            with self._lock:
                return self._batches.refusal(slot.bucket)
        return Internal("the picture could not be drawn; the fault is ours")

    def _tell(self, slot: Slot) -> None:
        sample, order = slot.sample, slot.order
        if order.on_step is None or sample is None:
            return
        try:
            wanted = order.preview_every and sample.steps_done % order.preview_every == 0 and not sample.done
            preview = self._pipeline.preview(sample) if wanted else None
            order.on_step(StepDone(sample.steps_done, sample.steps_total, preview))
        except Exception as error:  # noqa: BLE001 - who listens badly gets a picture all the same
            logger().warning("progress could not be told", request=order.request_id, exc_info=error)


def step_of(slots: Sequence[Slot]) -> Work:
    """The step of a batch as a piece of work."""
    return Work(STEP, slots[0].bucket, len(slots))

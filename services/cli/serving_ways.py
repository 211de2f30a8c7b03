"""Three ways of serving pictures that are asked for at given times, for `vitrine bench generate`."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from services.generate.diffusion.order import Order
from services.generate.diffusion.request import SampleRequest
from services.generate.diffusion.sample import Sample
from services.generate.loop import DenoisingLoop, LoopLimits
from services.generate.pipeline import InpaintPipeline

if TYPE_CHECKING:
    from concurrent.futures import Future

    from services.generate.diffusion.estimates import Estimates


@dataclass(frozen=True)
class Arrival:
    """A request and when it comes, in seconds from the start."""

    at_s: float
    request: SampleRequest


@dataclass
class Served:
    """What became of the arrivals.

    Args:
        waits_s: From each arrival to its picture.
        total_s: From the start to the last picture.
        busy_s, model_s: Of the loop: all its turns, and what of them the networks worked.
        batches: Samples in each step.
    """

    waits_s: list[float]
    total_s: float = 0.0
    busy_s: float = 0.0
    model_s: float = 0.0
    batches: list[int] = field(default_factory=list)


class TimedPipeline(InpaintPipeline):
    """Counts the seconds that its networks work; schedulers and stacking are not theirs."""

    model_s = 0.0

    def prepare(self, request: SampleRequest) -> Sample:
        """See `InpaintPipeline`."""
        return self._timed(super().prepare, request)  # type: ignore[no-any-return] # what was passed in

    def predict(self, inputs: Any) -> Any:
        """See `InpaintPipeline`."""
        return self._timed(super().predict, inputs)

    def decode(self, samples: Sequence[Sample]) -> Any:
        """See `InpaintPipeline`."""
        return self._timed(super().decode, samples)

    def _timed(self, work: Callable[[Any], Any], given: Any) -> Any:
        began = time.perf_counter()
        done = work(given)
        self.model_s += time.perf_counter() - began
        return done


class TimedLoop(DenoisingLoop):
    """Counts the seconds of its turns."""

    busy_s = 0.0

    def turn(self) -> bool:
        """See `DenoisingLoop`."""
        began = time.perf_counter()
        worked = super().turn()
        if worked:
            self.busy_s += time.perf_counter() - began
        return worked


def one_at_a_time(pipeline: InpaintPipeline, arrivals: Sequence[Arrival]) -> Served:
    """Each request from its first step to its picture, in the order of arrival."""
    served, start = Served([]), time.perf_counter()
    for arrival in arrivals:
        _sleep_until(start + arrival.at_s)
        sample = pipeline.prepare(arrival.request)
        while not sample.done:
            pipeline.step([sample])
            served.batches.append(1)
        pipeline.decode([sample])
        served.waits_s.append(time.perf_counter() - start - arrival.at_s)
    served.total_s = time.perf_counter() - start
    return served


def by_request(pipeline: InpaintPipeline, arrivals: Sequence[Arrival], max_batch: int) -> Served:
    """Batches of what waits at their start; who comes meanwhile waits for the next.

    Better than the usual, whose batches must agree in steps: those of fewer steps drop out and cost no more. A batch is
    answered as a whole, as one call of a pipeline gives its pictures.
    """
    served, start, waiting = Served([]), time.perf_counter(), list(arrivals)
    while waiting:
        _sleep_until(start + waiting[0].at_s)
        passed = time.perf_counter() - start
        batch = [arrival for arrival in waiting[:max_batch] if arrival.at_s <= passed]
        waiting = waiting[len(batch) :]
        samples = [pipeline.prepare(arrival.request) for arrival in batch]
        while under_way := [sample for sample in samples if not sample.done]:
            pipeline.step(under_way)
            served.batches.append(len(under_way))
        for sample in samples:
            pipeline.decode([sample])
        now = time.perf_counter() - start
        served.waits_s += [now - arrival.at_s for arrival in batch]
    served.total_s = time.perf_counter() - start
    return served


def by_step(pipeline: TimedPipeline, arrivals: Sequence[Arrival], max_batch: int, estimates: "Estimates") -> Served:
    """The denoising loop."""
    limits = LoopLimits(slots=len(arrivals), max_batch=max_batch)
    loop = TimedLoop(pipeline, estimates, limits)
    waits, futures, start = [0.0] * len(arrivals), [], time.perf_counter()
    batches: list[int] = []
    stack = pipeline.stack

    def count(samples: Sequence[Sample]) -> Any:
        batches.append(len(samples))
        return stack(samples)

    def answered(place: int, _: "Future[Any]") -> None:
        waits[place] = time.perf_counter() - start - arrivals[place].at_s

    pipeline.stack = count  # type: ignore[method-assign] # only looked at in passing
    worked_before = pipeline.model_s
    loop.start()
    try:
        for place, arrival in enumerate(arrivals):
            _sleep_until(start + arrival.at_s)
            future = loop.submit(Order(arrival.request))
            future.add_done_callback(partial(answered, place))
            futures.append(future)
        for future in futures:
            future.result()
        total_s = time.perf_counter() - start
    finally:
        loop.close()
        del pipeline.stack
    return Served(waits, total_s, loop.busy_s, pipeline.model_s - worked_before, batches)


def _sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.perf_counter()))

"""One item's calls to the stages, each made when its turn has come."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine, Generator, Sequence
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from services.api.common import StageName
from services.generate.schema import GenerateRequest, GenerateResult, StepDone
from services.jobs.courtesy import Courtesy
from services.postprocess.schema import (
    CutoutRequest,
    CutoutResult,
    DiscardRequest,
    LintRequest,
    LintResult,
    ReportRequest,
    ReportResult,
    RestoreRequest,
    RestoreResult,
)
from services.segment.schema import SegmentRequest, SegmentResult
from services.workflow.stages import Pending, Stages

T = TypeVar("T")


class CallInTurn(Generic[T]):
    """`Pending` over a call that is made later. Needs a running event loop.

    Args:
        work: Makes the call, tells `made` and waits for its result.
    """

    def __init__(self, work: Callable[["CallInTurn[T]"], Coroutine[Any, Any, T]]) -> None:
        self.made: Pending[T] | None = None
        self._result: asyncio.Task[T] = asyncio.ensure_future(work(self))
        # One whose waiter left early would else be reported as never looked at.
        self._result.add_done_callback(lambda done: done.cancelled() or done.exception())

    def __await__(self) -> Generator[Any, None, T]:
        return self._result.__await__()

    def cancel(self) -> None:
        """Ask the stage to stop, or do not ask it to begin."""
        if self.made is None:
            self._result.cancel()
        else:
            self.made.cancel()


class Errand:
    """An item's way to the stages, which are as polite as `Courtesy` says.

    Args:
        stages: Where the calls go.
        courtesy: Says when.
        clock: Seconds from any fixed point.

    Attributes:
        stages: The same for the workflow.
        spent_s: Seconds that each stage was occupied, as in `Work.stage_s`; by calls that failed, too.
    """

    def __init__(self, stages: Stages, courtesy: Courtesy, clock: Callable[[], float] = time.monotonic) -> None:
        self._courtesy = courtesy
        self._clock = clock
        self.spent_s: defaultdict[str, float] = defaultdict(float)
        self.stages = Stages(PoliteSegment(self, stages), PoliteGenerate(self, stages), PolitePostprocess(self, stages))

    def call(
        self, stage: StageName, begin: Callable[[], Pending[T]], inputs: Sequence[Pending[Any]] = ()
    ) -> Pending[T]:
        """A call that is made when what it takes is there and its turn has come.

        Args:
            stage: Whom it is made to.
            begin: Makes it.
            inputs: Other calls of this errand whose results it takes.
        """

        async def work(call: CallInTurn[T]) -> T:
            for each in inputs:
                await each
            async with self._courtesy.turn(stage):
                began = self._clock()
                call.made = begin()
                try:
                    return await call.made
                finally:
                    self.spent_s[stage.lower()] += self._clock() - began

        return CallInTurn(work)


class PoliteSegment:
    """Segmentation for an item of a job."""

    def __init__(self, errand: Errand, stages: Stages) -> None:
        self._errand = errand
        self._stage = stages.segment

    def run(self, request: SegmentRequest) -> Pending[SegmentResult]:
        """Begin when its turn has come."""
        return self._errand.call(StageName.SEGMENT, lambda: self._stage.run(request))


class PoliteGenerate:
    """Generation for an item of a job."""

    def __init__(self, errand: Errand, stages: Stages) -> None:
        self._errand = errand
        self._stage = stages.generate

    def run(
        self,
        request: GenerateRequest,
        cutout: Pending[SegmentResult] | None = None,
        on_step: Callable[[StepDone], None] | None = None,
    ) -> Pending[GenerateResult]:
        """Begin when its turn has come."""
        inputs = [] if cutout is None else [cutout]

        def begin() -> Pending[GenerateResult]:
            return self._stage.run(request, None if cutout is None else _made(cutout), on_step)

        return self._errand.call(StageName.GENERATE, begin, inputs)


class PolitePostprocess:
    """Postprocessing for an item of a job."""

    def __init__(self, errand: Errand, stages: Stages) -> None:
        self._errand = errand
        self._stage = stages.postprocess

    def shot(
        self, request: RestoreRequest, cutout: Pending[SegmentResult], scene: Pending[GenerateResult]
    ) -> Pending[RestoreResult]:
        """Begin when its turn has come."""
        return self._errand.call(
            StageName.POSTPROCESS,
            lambda: self._stage.shot(request, _made(cutout), _made(scene)),
            [cutout, scene],
        )

    def report(
        self, request: ReportRequest, shot: Pending[RestoreResult], seen: Pending[SegmentResult]
    ) -> Pending[ReportResult]:
        """Begin when its turn has come."""
        return self._errand.call(
            StageName.POSTPROCESS, lambda: self._stage.report(request, _made(shot), _made(seen)), [shot, seen]
        )

    def cutout(
        self, request: CutoutRequest, image: NDArray[np.uint8], cutout: Pending[SegmentResult]
    ) -> Pending[CutoutResult]:
        """Begin when its turn has come."""
        return self._errand.call(
            StageName.POSTPROCESS, lambda: self._stage.cutout(request, image, _made(cutout)), [cutout]
        )

    def lint(self, request: LintRequest, cutout: Pending[SegmentResult]) -> Pending[LintResult]:
        """Begin when its turn has come."""
        return self._errand.call(StageName.POSTPROCESS, lambda: self._stage.lint(request, _made(cutout)), [cutout])

    def discard(self, request: DiscardRequest) -> Pending[None]:
        """Begin at once: removing files takes nobody's place."""
        return self._stage.discard(request)


def _made(pending: Pending[T]) -> Pending[T]:
    """The stage's own call, whose result goes from stage to stage by reference."""
    return pending.made if isinstance(pending, CallInTurn) and pending.made is not None else pending

"""The stages in this process, without Serve: for notebooks, the benchmark and tests."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from services.common.executor import StageExecutor
from services.common.metrics import Recorder, Silent
from services.common.settings import Settings
from services.generate.generator import Generator
from services.generate.schema import AdapterFacts, ExamineRequest, GenerateRequest, GenerateResult, StepDone
from services.models.cache import ModelCache
from services.postprocess.restorer import Restorer
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
from services.provenance.writer import PictureWriter
from services.segment.schema import SegmentRequest, SegmentResult
from services.segment.segmenter import Segmenter
from services.storage.store import open_store
from services.workflow.stages import Pending, Stages

T = TypeVar("T")


class LocalSegment:
    """Segmentation in a thread of this process."""

    def __init__(self, segmenter: Segmenter, executor: StageExecutor) -> None:
        self._segmenter = segmenter
        self._executor = executor

    def run(self, request: SegmentRequest) -> Pending[SegmentResult]:
        """Begin; needs a running event loop."""
        return _begin(self._executor.run(request, partial(self._segmenter.run, request)))


class LocalGenerate:
    """Generation in a thread of this process."""

    def __init__(self, generator: Generator, executor: StageExecutor) -> None:
        self._generator = generator
        self._executor = executor

    def run(
        self,
        request: GenerateRequest,
        cutout: Pending[SegmentResult] | None = None,
        on_step: Callable[[StepDone], None] | None = None,
    ) -> Pending[GenerateResult]:
        """Begin; needs a running event loop."""
        loop = asyncio.get_running_loop()

        def tell(done: StepDone) -> None:
            if on_step is not None:
                loop.call_soon_threadsafe(on_step, done)

        async def work() -> GenerateResult:
            product = None if cutout is None else await cutout
            return await self._executor.run(
                request, partial(self._generator.run, request, cutout=product, on_step=tell)
            )

        return _begin(work())

    def examine(self, request: ExamineRequest) -> Pending[AdapterFacts]:
        """Begin; needs a running event loop."""
        return _begin(self._executor.run(request, partial(self._generator.examine, request)))


class LocalPostprocess:
    """Postprocessing in a thread of this process."""

    def __init__(self, restorer: Restorer, executor: StageExecutor) -> None:
        self._restorer = restorer
        self._executor = executor

    def shot(
        self, request: RestoreRequest, cutout: Pending[SegmentResult], scene: Pending[GenerateResult]
    ) -> Pending[RestoreResult]:
        """Begin; needs a running event loop."""

        async def work() -> RestoreResult:
            call = partial(self._restorer.shot, request, await cutout, await scene)
            return await self._executor.run(request, call)

        return _begin(work())

    def report(
        self, request: ReportRequest, shot: Pending[RestoreResult], seen: Pending[SegmentResult]
    ) -> Pending[ReportResult]:
        """Begin; needs a running event loop."""

        async def work() -> ReportResult:
            call = partial(self._restorer.report, request, await shot, await seen)
            return await self._executor.run(request, call)

        return _begin(work())

    def cutout(
        self, request: CutoutRequest, image: NDArray[np.uint8], cutout: Pending[SegmentResult]
    ) -> Pending[CutoutResult]:
        """Begin; needs a running event loop."""

        async def work() -> CutoutResult:
            call = partial(self._restorer.cutout, request, image, await cutout)
            return await self._executor.run(request, call)

        return _begin(work())

    def lint(self, request: LintRequest, cutout: Pending[SegmentResult]) -> Pending[LintResult]:
        """Begin; needs a running event loop."""

        async def work() -> LintResult:
            return await self._executor.run(request, partial(self._restorer.lint, request, await cutout))

        return _begin(work())

    def discard(self, request: DiscardRequest) -> Pending[None]:
        """Begin; needs a running event loop."""
        return _begin(self._executor.run(request, partial(self._restorer.discard, request)))


def open_local_stages(settings: Settings) -> Stages:
    """Load and warm up all three stages here.

    Raises:
        ModelUnavailable: Weights or panoramas can't be had.
        StorageUnavailable: The blob store can't be opened.
        InvalidInput: The operator's certificates or key can't be signed with.
    """
    cache = ModelCache(settings.models)
    segmenter = Segmenter.open(settings.segment, cache, settings.models.segmentation)
    store = open_store(settings)
    generator = Generator.open(settings.generate, cache, lambda: store)
    restorer = Restorer(store, settings.postprocess.threads, PictureWriter.open(settings.provenance))
    for stage in (segmenter, generator, restorer):
        stage.warm_up()
    recorder = Recorder(Silent)
    drawn_at_once = settings.generate.at_once
    return Stages(
        LocalSegment(segmenter, StageExecutor("segment", recorder)),
        LocalGenerate(generator, StageExecutor("generate", recorder, workers=drawn_at_once)),
        LocalPostprocess(restorer, StageExecutor("postprocess", recorder)),
    )


def _begin(work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
    task = asyncio.ensure_future(work)
    # A task whose waiter left early would else be reported as never looked at.
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return task

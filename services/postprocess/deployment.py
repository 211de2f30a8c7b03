"""Postprocessing as a Serve deployment."""

import asyncio
from functools import partial

import numpy as np
from numpy.typing import NDArray
from ray import serve
from ray.serve import metrics

from services.common.deadline import Deadline
from services.common.executor import StageExecutor
from services.common.logs import configure_logs
from services.common.metrics import CERTIFICATE_END, MODEL_LOAD_SECONDS, Recorder
from services.common.settings import Settings
from services.generate.schema import GenerateResult
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
from services.segment.schema import SegmentResult
from services.storage.measured import MeasuredBlobs
from services.storage.store import open_store


class Postprocess:
    """A `Restorer` behind a handle; its replica answers once the warm-up is over.

    Args:
        settings: The whole tree.

    Raises:
        StorageUnavailable: The blob store can't be opened.
        InvalidInput: The operator's certificates or key can't be signed with.
    """

    def __init__(self, settings: Settings) -> None:
        configure_logs(settings.observability.log_level, "postprocess")
        self._recorder = Recorder(metrics)
        with self._recorder.timing(MODEL_LOAD_SECONDS, stage="postprocess"):
            store = MeasuredBlobs(open_store(settings), self._recorder)
            writer = PictureWriter.open(settings.provenance)
            self._restorer = Restorer(store, settings.postprocess.threads, writer)
            self._restorer.warm_up()
        if writer.end_s is not None:
            self._recorder.set(CERTIFICATE_END, writer.end_s)
        self._executor = StageExecutor("postprocess", self._recorder, stuck_after_s=2 * settings.limits.max_timeout_s)

    async def shot(self, request: RestoreRequest, cutout: SegmentResult, scene: GenerateResult) -> RestoreResult:
        """See `Restorer.shot`."""
        return await self._executor.run(request, partial(self._restorer.shot, request, cutout, scene))

    async def report(self, request: ReportRequest, shot: RestoreResult, seen: SegmentResult) -> ReportResult:
        """See `Restorer.report`."""
        return await self._executor.run(request, partial(self._restorer.report, request, shot, seen))

    async def cutout(self, request: CutoutRequest, image: NDArray[np.uint8], cutout: SegmentResult) -> CutoutResult:
        """See `Restorer.cutout`."""
        return await self._executor.run(request, partial(self._restorer.cutout, request, image, cutout))

    async def lint(self, request: LintRequest, cutout: SegmentResult) -> LintResult:
        """See `Linter.lint`."""
        return await self._executor.run(request, partial(self._restorer.lint, request, cutout))

    async def discard(self, request: DiscardRequest) -> None:
        """See `Restorer.discard`. Removing files is no computing: it waits for no place and is no stage's work."""
        await asyncio.to_thread(self._restorer.discard, request, Deadline(request.deadline_s))

    def check_health(self) -> None:
        """Asked by Serve every few seconds; see `StageExecutor.check` and `Recorder.repeat`."""
        self._executor.check()
        self._recorder.repeat()

    async def ready(self) -> bool:
        """Answers, which says that the warm-up is over."""
        return True


PostprocessDeployment = serve.deployment(name="Postprocess")(Postprocess)

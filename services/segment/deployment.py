"""Segmentation as a Serve deployment."""

from functools import partial

from ray import serve
from ray.serve import metrics

from services.common.executor import StageExecutor
from services.common.logs import configure_logs
from services.common.metrics import MODEL_LOAD_SECONDS, Recorder
from services.common.settings import Settings
from services.models.cache import ModelCache
from services.segment.remembered import RememberedCutouts
from services.segment.schema import SegmentRequest, SegmentResult
from services.segment.segmenter import Segmenter


class Segment:
    """A `Segmenter` behind a handle; its replica answers once the warm-up is over.

    Args:
        settings: The whole tree.

    Raises:
        ModelUnavailable: The weights can't be had.
    """

    def __init__(self, settings: Settings) -> None:
        configure_logs(settings.observability.log_level, "segment")
        self._recorder = Recorder(metrics)
        with self._recorder.timing(MODEL_LOAD_SECONDS, stage="segment"):
            cache = ModelCache(settings.models)
            segmenter = Segmenter.open(settings.segment, cache, settings.models.segmentation)
            segmenter.warm_up()
        self._cutouts = RememberedCutouts(segmenter, settings.segment.cutouts_mb << 20, self._recorder)
        self._executor = StageExecutor(
            "segment",
            self._recorder,
            stuck_after_s=2 * settings.limits.max_timeout_s,
            workers=settings.segment.at_once,
        )

    async def run(self, request: SegmentRequest) -> SegmentResult:
        """See `RememberedCutouts.run`."""
        return await self._executor.run(request, partial(self._cutouts.run, request))

    def check_health(self) -> None:
        """Asked by Serve every few seconds; see `StageExecutor.check` and `Recorder.repeat`."""
        self._executor.check()
        self._recorder.repeat()

    async def ready(self) -> bool:
        """Answers, which says that the warm-up is over."""
        return True


SegmentDeployment = serve.deployment(name="Segment")(Segment)

"""Generation as a Serve deployment."""

import asyncio
from collections.abc import AsyncGenerator
from functools import partial
from typing import Any, Final

from ray import serve
from ray.serve import metrics

from services.common.executor import StageExecutor
from services.common.logs import configure_logs
from services.common.metrics import MODEL_LOAD_SECONDS, Recorder
from services.common.settings import Settings
from services.generate.engine.shared import open_shared_engines
from services.generate.generator import Generator
from services.generate.scaling import MEGAPIXELS, PixelsInFlight
from services.generate.schema import AdapterFacts, ExamineRequest, GenerateRequest, GenerateResult, StepDone
from services.models.cache import ModelCache
from services.segment.schema import SegmentResult
from services.storage.store import open_store

#: Sets of styles that a replica is known by, those that it drew with last.
STYLES_HERE: Final = 16


class Generate:
    """A `Generator` behind a handle; its replica answers once the warm-up is over.

    Args:
        settings: The whole tree.

    Raises:
        ModelUnavailable: A panorama or the checkpoint can't be had.
    """

    def __init__(self, settings: Settings) -> None:
        configure_logs(settings.observability.log_level, "generate")
        self._recorder = Recorder(metrics)
        with self._recorder.timing(MODEL_LOAD_SECONDS, stage="generate"):
            self._generator = Generator.open(
                settings.generate,
                ModelCache(settings.models),
                partial(open_store, settings),
                self._recorder,
                partial(open_shared_engines, settings),
            )
            self._generator.warm_up()
        self._executor = StageExecutor(
            "generate",
            self._recorder,
            stuck_after_s=2 * settings.limits.max_timeout_s,
            workers=settings.generate.at_once,
        )
        self._in_flight = PixelsInFlight()

    async def run(self, request: GenerateRequest, cutout: SegmentResult | None = None) -> GenerateResult:
        """See `Generator.run`."""
        await self._known_by_styles()
        with self._in_flight.of(request.camera.size_hw):
            return await self._executor.run(request, partial(self._generator.run, request, cutout=cutout))

    async def watch(
        self, request: GenerateRequest, cutout: SegmentResult | None = None
    ) -> AsyncGenerator[StepDone | GenerateResult, None]:
        """The same, told step by step; the last item is the result. Leaving stops the work."""
        await self._known_by_styles()
        loop, steps = asyncio.get_running_loop(), asyncio.Queue[StepDone | None]()

        def tell(done: StepDone) -> None:
            loop.call_soon_threadsafe(steps.put_nowait, done)

        work = partial(self._generator.run, request, cutout=cutout, on_step=tell)
        making = asyncio.ensure_future(self._executor.run(request, work))
        making.add_done_callback(lambda _: steps.put_nowait(None))
        with self._in_flight.of(request.camera.size_hw):
            try:
                while (done := await steps.get()) is not None:
                    yield done
                yield await making
            finally:
                making.cancel()

    @serve.multiplexed(max_num_models_per_replica=STYLES_HERE)  # type: ignore[untyped-decorator] # Serve's own
    async def _styles(self, name: str) -> str:
        """Serve's record of the styles that were drawn with here last, see `Drawing.styles_name`. It loads nothing:
        what is in memory goes by bytes."""
        return name

    async def _known_by_styles(self) -> None:
        """Have further requests with the styles of this one come here."""
        if name := serve.get_multiplexed_model_id():
            await self._styles(name)

    async def examine(self, request: ExamineRequest) -> AdapterFacts:
        """See `Generator.examine`."""
        return await self._executor.run(request, partial(self._generator.examine, request))

    async def record_autoscaling_stats(self) -> dict[str, float]:
        """Asked by Serve every few seconds, for `PixelsPolicy`."""
        return {MEGAPIXELS: self._in_flight.megapixels}

    def check_health(self) -> None:
        """Asked by Serve every few seconds; see `StageExecutor.check` and `Generator.check`."""
        self._executor.check()
        self._generator.check()
        self._recorder.repeat()

    async def ready(self) -> dict[str, Any]:
        """Answers, which says that the warm-up is over; what computes a diffusion model, and why."""
        return self._generator.status()


GenerateDeployment = serve.deployment(name="Generate")(Generate)

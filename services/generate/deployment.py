"""Generation as a Serve deployment."""

from functools import partial

from ray import serve
from ray.serve import metrics

from services.common.executor import StageExecutor
from services.common.logs import configure_logs
from services.common.metrics import Recorder
from services.common.settings import Settings
from services.generate.generator import Generator
from services.generate.schema import GenerateRequest, GenerateResult
from services.models.cache import ModelCache


class Generate:
    """A `Generator` behind a handle; its replica answers once the warm-up is over.

    Args:
        settings: The whole tree.

    Raises:
        ModelUnavailable: A panorama can't be had.
    """

    def __init__(self, settings: Settings) -> None:
        configure_logs(settings.observability.log_level, "generate")
        self._generator = Generator.open(settings.generate, ModelCache(settings.models))
        self._generator.warm_up()
        self._executor = StageExecutor("generate", Recorder(metrics), stuck_after_s=2 * settings.limits.max_timeout_s)

    async def run(self, request: GenerateRequest) -> GenerateResult:
        """See `Generator.run`."""
        return await self._executor.run(request, partial(self._generator.run, request))

    def check_health(self) -> None:
        """Asked by Serve every few seconds; see `StageExecutor.check`."""
        self._executor.check()

    async def ready(self) -> bool:
        """Answers, which says that the warm-up is over."""
        return True


GenerateDeployment = serve.deployment(name="Generate")(Generate)

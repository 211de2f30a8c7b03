"""The gateway put together as its deployment does it, over stages that answer at once and without Serve."""

import tempfile
from dataclasses import replace
from pathlib import Path

from services.common.metrics import Recorder
from services.common.settings import GenerateSettings, LimitSettings, ModelSettings, PreservationSettings
from services.fetch.sources import Sources
from services.gateway.admission import Admission
from services.gateway.body import BodyReader
from services.gateway.call import Guard
from services.gateway.catalog import Catalog
from services.gateway.compat.openai_images import OpenAiImages
from services.gateway.compat.removebg import RemoveBg
from services.gateway.grpc_api import GrpcApi
from services.gateway.http_api import HttpApi
from services.gateway.readiness import Readiness
from services.gateway.scenery import SceneryStudio
from services.gateway.studio import Studio
from services.generate.scene import SceneCatalog
from services.models.cache import ModelCache
from services.storage.local import LocalBlobs
from services.storage.signature import Signature
from services.workflow.acceptance import AcceptancePolicy
from services.workflow.drawing import DrawingPolicy
from services.workflow.scenery import SceneryWorkflow
from services.workflow.shot import ShotWorkflow
from tests.support.fake_metrics import FakeMetrics
from tests.support.fake_stages import FakeStages

PUBLIC_URL = "http://testserver"


class Parts:
    """Everything, each part reachable.

    Args:
        directory: For blobs.
        fakes: Options of `FakeStages`.
        limits: Options of `LimitSettings`.
        preservation: Options of `PreservationSettings`.
        heartbeat_s: Of streams over HTTP.
        draws: Whether backgrounds are a diffusion model's.
        generate: The stage that makes them, in place of the fake one.
        public_url: Where signed addresses lead.
    """

    def __init__(
        self,
        directory=None,
        limits=None,
        preservation=None,
        heartbeat_s=15.0,
        draws=False,
        generate=None,
        public_url=PUBLIC_URL,
        **fakes,
    ):
        self.heartbeat_s = heartbeat_s
        directory = Path(directory or tempfile.gettempdir())
        self.limits = LimitSettings(**(limits or {}))
        self.store = LocalBlobs(directory / "blobs", Signature(b"k" * 32), public_url, 60)
        self.fakes = FakeStages(self.store, **fakes)
        stages = replace(self.fakes.stages, **({"generate": generate} if generate else {}))
        self.metrics = FakeMetrics()
        self.scenes = SceneCatalog.shipped()
        policy = AcceptancePolicy(PreservationSettings(**(preservation or {})), min_confidence=0.25)
        engine = {"engine": "diffusion", "diffusion": {"checkpoint": "fake"}} if draws else {}
        drawings = DrawingPolicy(GenerateSettings(**engine))
        sources = Sources(store=self.store)
        self.workflow = ShotWorkflow(stages, self.scenes, self.limits, 0.25, policy, drawings=drawings, sources=sources)
        self.readiness = Readiness({stage: self._probe(stage) for stage in ("segment", "generate", "postprocess")})
        self.guard = Guard(Recorder(self.metrics))
        self.admission = Admission(self.limits.max_running, self.limits.max_waiting)
        self.studio = Studio(
            self.workflow,
            self.store,
            self.admission,
            self.readiness,
            self.limits.inline_bytes,
        )
        self.catalog = Catalog(self.scenes, ModelCache(ModelSettings(cache_dir=directory / "models")))

    def http_app(self):
        body = BodyReader(self.limits.max_image_bytes)
        scenery = SceneryStudio(
            SceneryWorkflow(self.fakes.stages.generate, self.scenes, self.limits.max_canvas_px),
            self.store,
            self.admission,
            self.readiness,
            self.limits.default_timeout_s,
        )
        dialects = (
            RemoveBg(self.guard, self.studio, body, self.limits).router(),
            OpenAiImages(self.guard, self.studio, scenery, body, self.limits).router(),
        )
        return HttpApi(
            self.guard,
            self.studio,
            self.catalog,
            self.readiness,
            body,
            self.store,
            self.heartbeat_s,
            dialects,
        ).app()

    def grpc_api(self):
        return GrpcApi(self.guard, self.studio, self.catalog, self.readiness)

    def _probe(self, stage):
        return lambda: self.fakes.probe(stage)

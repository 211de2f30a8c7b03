"""The gateway put together as its deployment does it, over stages that answer at once and without Serve."""

import tempfile
from pathlib import Path

from services.common.metrics import Recorder
from services.common.settings import LimitSettings, ModelSettings, PreservationSettings
from services.gateway.admission import Admission
from services.gateway.body import BodyReader
from services.gateway.call import Guard
from services.gateway.catalog import Catalog
from services.gateway.grpc_api import GrpcApi
from services.gateway.http_api import HttpApi
from services.gateway.readiness import Readiness
from services.gateway.studio import Studio
from services.generate.scene import SceneCatalog
from services.models.cache import ModelCache
from services.storage.local import LocalBlobs
from services.storage.signature import Signature
from services.workflow.acceptance import AcceptancePolicy
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
        workflow: The class that makes pictures.
    """

    def __init__(
        self, directory=None, limits=None, preservation=None, heartbeat_s=15.0, workflow=ShotWorkflow, **fakes
    ):
        self.heartbeat_s = heartbeat_s
        directory = Path(directory or tempfile.gettempdir())
        self.limits = LimitSettings(**(limits or {}))
        self.store = LocalBlobs(directory / "blobs", Signature(b"k" * 32), PUBLIC_URL, 60)
        self.fakes = FakeStages(self.store, **fakes)
        self.metrics = FakeMetrics()
        self.scenes = SceneCatalog.shipped()
        policy = AcceptancePolicy(PreservationSettings(**(preservation or {})), min_confidence=0.25)
        self.workflow = workflow(self.fakes.stages, self.scenes, self.limits, 0.25, policy)
        self.readiness = Readiness({stage: self._probe(stage) for stage in ("segment", "generate", "postprocess")})
        self.guard = Guard(Recorder(self.metrics))
        self.studio = Studio(
            self.workflow,
            self.store,
            Admission(self.limits.max_running, self.limits.max_waiting),
            self.readiness,
            self.limits.inline_bytes,
        )
        self.catalog = Catalog(self.scenes, ModelCache(ModelSettings(cache_dir=directory / "models")))

    def http_app(self):
        body = BodyReader(self.limits.max_image_bytes)
        verify = self.store.verify
        return HttpApi(self.guard, self.studio, self.catalog, self.readiness, body, verify, self.heartbeat_s).app()

    def grpc_api(self):
        return GrpcApi(self.guard, self.studio, self.catalog, self.readiness)

    def _probe(self, stage):
        return lambda: self.fakes.probe(stage)

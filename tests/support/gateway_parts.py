"""The gateway put together as its deployment does it, over stages that answer at once and without Serve."""

import tempfile
from dataclasses import replace
from pathlib import Path

from services.common.job_settings import WebhookSettings
from services.common.metrics import Recorder
from services.common.settings import (
    DatabaseSettings,
    GenerateSettings,
    LimitSettings,
    ModelSettings,
    PreservationSettings,
    Settings,
    StyleSettings,
    TenantSettings,
)
from services.database.database import Database
from services.factory.intake import TrainingIntake
from services.factory.register import TrainingRegister
from services.fetch.sources import Sources
from services.gateway.admission import Admission
from services.gateway.body import BodyReader
from services.gateway.call import Guard
from services.gateway.catalog import Catalog
from services.gateway.compat.openai_images import OpenAiImages
from services.gateway.compat.removebg import RemoveBg
from services.gateway.grpc_api import GrpcApi
from services.gateway.http_api import HttpApi
from services.gateway.jobs import Jobs
from services.gateway.scenery import SceneryStudio
from services.gateway.schema import Call
from services.gateway.services import Services
from services.gateway.studio import Studio
from services.gateway.styles import Styles
from services.gateway.tenancy import Tenancy
from services.gateway.trainings import Trainings
from services.gateway.uploads import Uploads
from services.gateway.webhooks import Webhooks
from services.generate.scene import SceneCatalog
from services.jobs.intake import Checks
from services.jobs.moves import Moves
from services.lint.ruleset import RuleSetCatalog
from services.models.cache import ModelCache
from services.provenance.writer import PictureWriter
from services.storage.local import LocalBlobs
from services.storage.signature import Signature
from services.styles.registry import StyleRegistry
from services.tenants.accounts import Accounts, Wishes
from services.tenants.caller import Scope
from services.tenants.content import ContentPolicy
from services.tenants.keys import Keys
from services.workflow.acceptance import AcceptancePolicy
from services.workflow.content import ContentGuard
from services.workflow.drawing import DrawingPolicy
from services.workflow.readiness import Readiness
from services.workflow.scenery import SceneryWorkflow
from services.workflow.shot import ShotWorkflow
from services.workflow.styles import StyleFinder
from tests.support.fake_metrics import FakeMetrics
from tests.support.fake_stages import FakeStages

PUBLIC_URL = "http://testserver"


def call(request_id="id-1", tenant="local", **options):
    """A call as the door lets it in."""
    return Call("CreateShot", "grpc", request_id, "127.0.0.1", tenant=tenant, **options)


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
        tenants: Options of `TenantSettings`.
        database: Open; a file in the directory where None.
        classifier: Of the content policy; the real one where None.
        webhooks: Options of `WebhookSettings`.
        styles: Options of `StyleSettings`.
        training: Options of `TrainingSettings`.
        jobs, uploads: The services of jobs and uploads; the real ones where None.
    """

    def __init__(
        self,
        directory=None,
        *,
        limits=None,
        preservation=None,
        heartbeat_s=15.0,
        draws=False,
        generate=None,
        public_url=PUBLIC_URL,
        tenants=None,
        database=None,
        classifier=None,
        webhooks=None,
        styles=None,
        training=None,
        jobs=None,
        uploads=None,
        **fakes,
    ):
        self.heartbeat_s = heartbeat_s
        directory = Path(directory or tempfile.mkdtemp())
        self.limits = LimitSettings(**(limits or {}))
        self.store = LocalBlobs(directory / "blobs", Signature(b"k" * 32), public_url, 60)
        self.fakes = FakeStages(self.store, **fakes)
        self.stages = stages = replace(self.fakes.stages, **({"generate": generate} if generate else {}))
        self.metrics = FakeMetrics()
        self.scenes = SceneCatalog.shipped()
        policy = AcceptancePolicy(PreservationSettings(**(preservation or {})), min_confidence=0.25)
        engine = {"engine": "diffusion", "diffusion": {"checkpoint": "fake"}} if draws else {}
        drawings = DrawingPolicy(GenerateSettings(**engine))
        self.registry = StyleRegistry(self.store, StyleSettings(**(styles or {})))
        sources = Sources(store=self.store)
        recorder = Recorder(self.metrics)
        self.workflow = ShotWorkflow(
            stages,
            self.scenes,
            self.limits,
            0.25,
            policy,
            drawings=drawings,
            sources=sources,
            recorder=recorder,
            styles=StyleFinder(self.registry),
        )
        self.readiness = Readiness({stage: self._probe(stage) for stage in ("segment", "generate", "postprocess")})
        self.database = database or Database.open(DatabaseSettings(), directory)
        self.tenants = TenantSettings(**(tenants or {}))
        self.accounts = Accounts(self.tenants)
        self.keys = Keys(self.accounts)
        self.admission = Admission(self.limits.max_running, self.limits.max_waiting)
        self.tenancy = Tenancy.on(self.database, self.tenants, recorder, self.admission)
        self.guard = Guard(recorder, self.tenancy.door)
        self.studio = Studio(
            self.workflow,
            self.store,
            self.admission,
            self.readiness,
            self.tenancy.creations,
            ContentGuard(ContentPolicy(self.tenants.content_threshold, classifier), self.store),
            self.limits.inline_bytes,
        )
        cache = ModelCache(ModelSettings(cache_dir=directory / "models"))
        self.catalog = Catalog(self.scenes, cache, RuleSetCatalog.shipped())
        webhook_settings = WebhookSettings(**(webhooks or {}))
        self.webhooks = Webhooks(self.database, webhook_settings, self.accounts)
        settings = Settings(
            data_dir=directory, limits=self.limits, tenants=self.tenants, jobs={"watch_every_s": 0.01},
            generate=GenerateSettings(**engine), styles=StyleSettings(**(styles or {})), training=training or {},
        )  # fmt: skip
        checks = Checks(self.workflow.check, sources, self.limits.image)
        self.jobs = jobs or Jobs.open(settings, self.database, Moves(), checks, self.store)
        self.uploads = uploads or Uploads(self.store, self.limits.max_image_bytes, 1 << 20, 1 << 20)
        self.styles = Styles(self.registry, self.fakes, self.readiness, self.store, settings)
        self.training = settings.training
        register = TrainingRegister(self.accounts, self.training)
        intake = TrainingIntake(self.scenes, self.registry, self.store, settings)
        self.trainings = Trainings(self.database, register, intake, self.store)
        self.services = Services(
            self.studio, self.catalog, self.tenancy.usage, self.jobs, self.uploads, self.webhooks, self.styles,
            self.trainings,
        )  # fmt: skip

    def http_app(self):
        body = BodyReader(self.limits.max_image_bytes)
        writer = PictureWriter(marked=True)
        scenery = SceneryStudio(
            SceneryWorkflow(self.fakes.stages.generate, self.scenes, self.limits.max_canvas_px),
            self.store,
            writer,
            self.admission,
            self.readiness,
            self.tenancy.creations,
            self.limits.default_timeout_s,
        )
        dialects = (
            RemoveBg(self.guard, self.studio, writer, body, self.limits).router(),
            OpenAiImages(self.guard, self.studio, scenery, writer, body, self.limits).router(),
        )
        return HttpApi(
            self.guard,
            self.services,
            self.readiness,
            body,
            self.store,
            self.heartbeat_s,
            dialects,
        ).app()

    def grpc_api(self):
        return GrpcApi(self.guard, self.services, self.readiness)

    def new_key(self, tenant, scopes=tuple(Scope), **options):
        """The text of a new key of a tenant."""
        with self.database.transaction() as session:
            return self.keys.create(session, tenant, scopes, **options).text

    def set_limits(self, tenant, **wishes):
        """Give a tenant, made if need be, limits of its own."""
        with self.database.transaction() as session:
            self.accounts.ensure(session, tenant)
            self.accounts.set_limits(session, tenant, Wishes(**wishes))

    def _probe(self, stage):
        return lambda: self.fakes.probe(stage)

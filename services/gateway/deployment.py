"""The gateway as a Serve deployment: ingress for HTTP and gRPC at once."""

from fastapi import FastAPI
from ray import serve
from ray.serve import metrics

from services.common.logs import configure_logs
from services.common.metrics import Recorder
from services.common.settings import Settings
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
from services.gateway.metrics_page import MetricsPage
from services.gateway.scenery import SceneryStudio
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
from services.jobs.waker import Waker
from services.lint.ruleset import RuleSetCatalog
from services.models.cache import ModelCache
from services.provenance.writer import PictureWriter
from services.storage.local import LocalBlobs
from services.storage.measured import MeasuredBlobs
from services.storage.store import open_store
from services.styles.registry import StyleRegistry
from services.tenants.content import ContentPolicy
from services.webhooks.outbox import Outbox
from services.workflow.content import ContentGuard
from services.workflow.deployment import (
    Handle,
    RemoteGenerate,
    remote_readiness,
    remote_stages,
)
from services.workflow.scenery import SceneryWorkflow
from services.workflow.shot import ShotWorkflow


class Gateway(GrpcApi):
    """Joins the edges, the workflow and the handles.

    Args:
        settings: The whole tree.
        segment, generate, postprocess: Handles of the stages.
        dispatcher: Handle of what works on jobs.
        trainer: Handle of what trains styles; None where nobody does.

    Raises:
        StorageUnavailable: The blob store or the database can't be opened.
        ValueError: The operator's scenes or rule sets can't be read, a threshold of theirs is out of its range, or the
            database's address is wrong.
        InvalidInput: The operator's certificates or key can't be signed with.
    """

    def __init__(
        self,
        settings: Settings,
        segment: Handle,
        generate: Handle,
        postprocess: Handle,
        dispatcher: Handle,
        trainer: Handle | None = None,
    ) -> None:
        configure_logs(settings.observability.log_level, "gateway")
        limits = settings.limits
        scenes = SceneCatalog.open(settings.generate.scenes_dir)
        self._recorder = recorder = Recorder(metrics)
        blobs = open_store(settings)
        store = MeasuredBlobs(blobs, recorder)
        stages = remote_stages(segment, generate, postprocess, recorder)
        readiness = remote_readiness(settings, segment, generate, postprocess)
        admission = Admission(limits.max_running, limits.max_waiting, limits.max_held_up)
        tenancy = Tenancy.open(settings, recorder, admission)
        guard = Guard(recorder, tenancy.door)
        sources = Sources.open(settings, store)
        registry = StyleRegistry(blobs, settings.styles)
        workflow = ShotWorkflow.open(settings, stages, scenes, sources, recorder, registry)
        studio = Studio(
            workflow,
            store,
            admission,
            readiness,
            tenancy.creations,
            ContentGuard(ContentPolicy(settings.tenants.content_threshold), store),
            limits.inline_bytes,
        )
        catalog = Catalog(scenes, ModelCache(settings.models), RuleSetCatalog.open(settings.lint.rule_sets_dir))
        webhooks = Webhooks(tenancy.database, settings.jobs.webhooks, tenancy.accounts)
        checks = Checks(workflow.check, sources, limits.image)
        jobs = Jobs.open(settings, tenancy.database, Moves(Outbox()), checks, store, Waker(dispatcher))
        uploads = Uploads(
            store, limits.max_image_bytes, settings.jobs.max_manifest_mb << 20, settings.styles.max_mb << 20
        )
        styles = Styles(registry, RemoteGenerate(generate, recorder), readiness, store, settings)
        trainings = Trainings(
            tenancy.database,
            TrainingRegister(tenancy.accounts, settings.training),
            TrainingIntake(scenes, registry, store, settings),
            store,
            Waker(trainer) if trainer is not None else lambda: None,
        )
        services = Services(studio, catalog, tenancy.usage, jobs, uploads, webhooks, styles, trainings)
        super().__init__(guard, services, readiness)
        body = BodyReader(limits.max_image_bytes)
        writer = PictureWriter.open(settings.provenance)
        scenery = SceneryStudio(
            SceneryWorkflow(stages.generate, scenes, limits.max_canvas_px),
            store,
            writer,
            admission,
            readiness,
            tenancy.creations,
            limits.default_timeout_s,
        )
        self._http = HttpApi(
            guard,
            services,
            readiness,
            body,
            blobs if isinstance(blobs, LocalBlobs) else None,
            settings.http.heartbeat_s,
            (
                RemoveBg(guard, studio, writer, body, limits).router(),
                OpenAiImages(guard, studio, scenery, writer, body, limits).router(),
                MetricsPage(tenancy.exporter, settings.observability.metrics_key.get_secret_value()).router(),
            ),
        )

    def check_health(self) -> None:
        """Asked by Serve every few seconds; see `Recorder.repeat`."""
        self._recorder.repeat()

    def __serve_build_asgi_app__(self) -> FastAPI:
        """Serve asks for the HTTP application when the replica starts."""
        return self._http.app()


GatewayDeployment = serve.deployment(name="Gateway")(serve.ingress()(Gateway))

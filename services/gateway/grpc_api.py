"""gRPC at the edge: all RPCs in one class, as Serve routes each to the method of its name."""

from typing import ClassVar

from services.gateway.catalog_rpcs import CatalogRpcs
from services.gateway.health_rpcs import HealthRpcs
from services.gateway.job_rpcs import JobRpcs
from services.gateway.lint_rpcs import LintRpcs
from services.gateway.studio_rpcs import StudioRpcs
from services.gateway.training_rpcs import TrainingRpcs
from services.gateway.webhook_rpcs import WebhookRpcs


class GrpcApi(StudioRpcs, LintRpcs, JobRpcs, WebhookRpcs, CatalogRpcs, TrainingRpcs, HealthRpcs):
    """The RPCs of all services, see `Rpcs`."""

    SERVICES: ClassVar = (
        "",
        "vitrine.v1.StudioService",
        "vitrine.v1.LintService",
        "vitrine.v1.WebhookService",
        "vitrine.v1.JobService",
        "vitrine.v1.UploadService",
        "vitrine.v1.CatalogService",
        "vitrine.v1.TrainingService",
        "vitrine.v1.UsageService",
    )

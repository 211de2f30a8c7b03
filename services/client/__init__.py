"""The Python client: the same calls for threads (`Vitrine`) and for asyncio (`AsyncVitrine`), over gRPC.

    with Vitrine("127.0.0.1:9000") as vitrine:
        shot = vitrine.shot("cup.jpg", "marble", seed=7)
        Path("cup-marble.jpg").write_bytes(shot.image.content)

Results are the models of `services.api`, with the picture's bytes in `image.content`; errors are those of
`services.common.errors`.
"""

from services.api.catalog import Style
from services.api.common import Box, ImageSource, OutputOptions, Point
from services.api.jobs import (
    CreateJobResponse,
    ItemState,
    Job,
    JobItem,
    JobItemSpec,
    JobState,
    ManifestFormat,
    WatchJobResponse,
)
from services.api.lint import LintFinding, LintPhotoRequest, LintPhotoResponse, LintVerdict, RuleSet
from services.api.studio import (
    Canvas,
    ColourChange,
    Cover,
    CoverLine,
    CoverText,
    CreateCutoutRequest,
    CreateCutoutResponse,
    CreateShotRequest,
    CreateShotResponse,
    DenoisingStep,
    PreservationReport,
    PreservationThresholds,
    ProductSelection,
    Recolour,
    SceneWords,
    StageEvent,
    StyleUse,
)
from services.api.trainings import StyleTraining, StyleTrainingState, TrainingPicture
from services.api.webhooks import DeliveryState, Webhook, WebhookDelivery
from services.client.asynchronous import AsyncVitrine
from services.client.blocking import Vitrine
from services.client.errors import report_of
from services.client.flows import Health
from services.client.options import CutoutOptions, LintOptions, Photo, ShotOptions, StreamOptions
from services.generate.schema import Scheduler
from services.postprocess.cover.schema import CoverPart, Typeface

__all__ = [
    "AsyncVitrine",
    "Box",
    "Canvas",
    "ColourChange",
    "Cover",
    "CoverLine",
    "CoverPart",
    "CoverText",
    "CreateCutoutRequest",
    "CreateCutoutResponse",
    "CreateJobResponse",
    "CreateShotRequest",
    "CreateShotResponse",
    "CutoutOptions",
    "DeliveryState",
    "DenoisingStep",
    "Health",
    "ImageSource",
    "ItemState",
    "Job",
    "JobItem",
    "JobItemSpec",
    "JobState",
    "LintFinding",
    "LintOptions",
    "LintPhotoRequest",
    "LintPhotoResponse",
    "LintVerdict",
    "ManifestFormat",
    "OutputOptions",
    "Photo",
    "Point",
    "PreservationReport",
    "PreservationThresholds",
    "ProductSelection",
    "Recolour",
    "RuleSet",
    "SceneWords",
    "Scheduler",
    "ShotOptions",
    "StageEvent",
    "StreamOptions",
    "Style",
    "StyleTraining",
    "StyleTrainingState",
    "StyleUse",
    "TrainingPicture",
    "Typeface",
    "Vitrine",
    "WatchJobResponse",
    "Webhook",
    "WebhookDelivery",
    "report_of",
]

"""The service with stages that do nothing: what is left is what carries work to them."""

from io import BytesIO

import numpy as np
from PIL import Image
from ray import serve

from services.app import dispatcher_options
from services.common.geometry import Box
from services.common.settings import Settings
from services.gateway.deployment import GatewayDeployment
from services.jobs.deployment import DispatcherDeployment
from services.postprocess.schema import CutoutRequest, CutoutResult
from services.segment.schema import SegmentRequest, SegmentResult
from services.storage.blobs import StoredBlob


def tiny_photo() -> bytes:
    """The smallest that is taken."""
    photo = BytesIO()
    Image.fromarray(np.full((16, 16, 3), 128, np.uint8)).save(photo, "PNG")
    return photo.getvalue()


class NoStage:
    """Segment and Postprocess without their work."""

    async def run(self, request: SegmentRequest) -> SegmentResult:
        """All of the photo is the product."""
        height, width = request.image.shape[:2]
        alpha = np.full((height, width), 65535, np.uint16)
        return SegmentResult(alpha, request.image, Box(0, 0, width, height), 1.0, "none", 0.0)

    async def cutout(self, request: CutoutRequest, image: object, cutout: SegmentResult) -> CutoutResult:
        """Nothing is stored."""
        del image, cutout
        return CutoutResult(StoredBlob(f"{request.output.key}.png", "image/png", 1, "0" * 64, 16, 16), 0.0)

    async def ready(self) -> bool:
        """At once."""
        return True


def bare_application(settings: Settings, stage_replicas: int = 1) -> serve.Application:
    """Gateway and dispatcher before stages that do nothing, each in real replicas.

    Args:
        settings: Of the service.
        stage_replicas: Of each stage.
    """
    stage = serve.deployment(NoStage).options(
        num_replicas=stage_replicas, max_ongoing_requests=100, ray_actor_options={"num_cpus": 0.1}
    )
    stages = [stage.options(name=name).bind() for name in ("Segment", "Generate", "Postprocess")]
    dispatcher = DispatcherDeployment.options(**dispatcher_options(settings.jobs))
    gateway = GatewayDeployment.options(max_ongoing_requests=64, ray_actor_options={"num_cpus": 0.1})
    return gateway.bind(settings, *stages, dispatcher.bind(settings, *stages))

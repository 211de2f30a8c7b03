"""What a call came to: measured on its answer, told in metrics."""

from typing import TypeVar

from pydantic import BaseModel

from services.api.common import Blob
from services.api.lint import LintPhotoResponse
from services.api.photo import PhotoResponse, picture_of
from services.api.studio import CreateCutoutResponse, CreateShotResponse
from services.common.metrics import TENANT_BYTES, TENANT_ITEMS, TENANT_MEGAPIXELS, TENANT_STAGE_SECONDS, Recorder
from services.tenants.usage import Work

Answer = TypeVar("Answer", CreateCutoutResponse, CreateShotResponse, LintPhotoResponse)

#: Stands in metrics for tenants that came too late to be named.
OTHERS = "other"


def work_of(request: BaseModel, answer: PhotoResponse) -> Work:
    """What was done for an answer. A photo that was only looked at is an item of no megapixels."""
    seconds: dict[str, float] = {}
    for timing in answer.timings:
        stage = timing.stage.value.lower()
        seconds[stage] = seconds.get(stage, 0.0) + timing.duration
    layers = answer.layers if isinstance(answer, CreateShotResponse) else []
    picture = picture_of(answer) or Blob()
    return Work(
        items=1,
        megapixels=picture.width * picture.height / 1e6,
        bytes_in=_bytes_in(request),
        bytes_out=picture.size_bytes + sum(layer.blob.size_bytes for layer in layers),
        stage_s=seconds,
    )


def _bytes_in(value: object) -> int:
    if isinstance(value, bytes):
        return len(value)
    if isinstance(value, BaseModel):
        return sum(_bytes_in(getattr(value, name)) for name in type(value).model_fields)
    return sum(map(_bytes_in, value)) if isinstance(value, list) else 0


class TenantMetrics:
    """Tells what is done for whom, with a bounded number of names.

    Args:
        recorder: Gets the metrics.
        most: Tenants that are told by name, the first that call.
    """

    def __init__(self, recorder: Recorder, most: int) -> None:
        self._recorder = recorder
        self._most = most
        self._named: set[str] = set()

    def tell(self, tenant: str, work: Work) -> None:
        """Count one call's work."""
        label = self._label(tenant)
        self._recorder.count(TENANT_ITEMS, work.items, tenant=label)
        self._recorder.count(TENANT_MEGAPIXELS, work.megapixels, tenant=label)
        self._recorder.count(TENANT_BYTES, work.bytes_in, tenant=label, direction="in")
        self._recorder.count(TENANT_BYTES, work.bytes_out, tenant=label, direction="out")
        for stage, seconds in work.stage_s.items():
            self._recorder.count(TENANT_STAGE_SECONDS, seconds, tenant=label, stage=stage)

    def _label(self, tenant: str) -> str:
        if len(self._named) < self._most:
            self._named.add(tenant)
        return tenant if tenant in self._named else OTHERS

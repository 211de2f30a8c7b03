"""What the stages found, in the contract's words."""

import datetime

from services.api import common as api
from services.api.photo import PhotoResponse, picture_of
from services.api.studio import (
    ColourChange,
    CreateShotResponse,
    InstanceReport,
    Layer,
    Measure,
    PreservationProof,
    PreservationReport,
    ProductInstance,
)
from services.common.css_color import hex_of
from services.common.geometry import Box
from services.common.placement import Placement
from services.postprocess.preservation.colour_change import ColourChange as Changed
from services.postprocess.preservation.report import Measure as Measured
from services.postprocess.preservation.report import Report
from services.postprocess.schema import MendedPicture, Reports, RestoreResult, StoredLayer
from services.segment.schema import Instance
from services.storage.blobs import SignedUrl, StoredBlob


def blob_answer(stored: StoredBlob) -> api.Blob:
    """A stored file, without address and content."""
    return api.Blob(
        key=stored.key,
        media_type=stored.media_type,
        size_bytes=stored.size_bytes,
        sha256=stored.sha256,
        width=stored.width,
        height=stored.height,
    )


def addressed(blob: api.Blob, address: SignedUrl) -> api.Blob:
    """The blob with an address that it can be read at."""
    expires = datetime.datetime.fromtimestamp(address.expires_at_s, datetime.UTC)
    return blob.model_copy(update={"url": address.url, "expire_time": f"{expires:%Y-%m-%dT%H:%M:%SZ}"})


def blobs_of(answer: PhotoResponse) -> list[api.Blob]:
    """Every file of an answer, the picture first."""
    picture = picture_of(answer)
    layers = answer.layers if isinstance(answer, CreateShotResponse) else []
    return [*([] if picture is None else [picture]), *(layer.blob for layer in layers)]


def layer_answer(layer: StoredLayer) -> Layer:
    """A layer, its file without address and content."""
    return Layer(name=layer.name, blob=blob_answer(layer.blob), instance=layer.instance)


def box_answer(box: Box) -> api.Box:
    """A rectangle."""
    return api.Box(left=box.left, top=box.top, width=box.width, height=box.height)


def instance_answer(instance: Instance) -> ProductInstance:
    """One of several products."""
    return ProductInstance(box=box_answer(instance.box), area_px=instance.area_px, confidence=instance.confidence)


def proof_answer(restored: RestoreResult | MendedPicture, placement: Placement) -> PreservationProof:
    """What happened to the product's opaque pixels."""
    top, left = placement.origin_yx or (0, 0)
    return PreservationProof(
        core_sha256_before=restored.core_sha256_before,
        core_sha256_after=restored.core_sha256_after,
        identical=restored.identical,
        core_area_px=restored.core_area_px,
        resampling=restored.resampling,
        origin_left=left,
        origin_top=top,
    )


def change_answer(change: Changed) -> ColourChange:
    """What became of the product's colour."""
    return ColourChange(
        before=hex_of(change.before),
        after=hex_of(change.after),
        distance=change.distance,
        box=box_answer(change.box),
        area_px=change.area_px,
        share=change.share,
        outside_px=change.outside_px,
        structure=change.structure,
    )


def report_answer(reports: Reports, attempts: int) -> PreservationReport:
    """What was measured, after so many attempts."""
    return PreservationReport(
        level=reports.whole.level,
        passed=reports.passed,
        measures=_measures(reports.whole),
        attempts=attempts,
        instances=[
            InstanceReport(instance=number, passed=each.passed, measures=_measures(each))
            for number, each in enumerate(reports.instances, start=1)
        ],
    )


def _measures(report: Report) -> list[Measure]:
    """Those taken, then those that could not be."""
    missing = [Measure(name=name, passed=True, unmeasured=why) for name, why in report.unmeasured.items()]
    return [_measure(each) for each in report.measures] + missing


def _measure(measured: Measured) -> Measure:
    worst = measured.worst_yx
    return Measure(
        name=measured.name,
        value=measured.value,
        unit=measured.unit,
        threshold=measured.threshold,
        passed=measured.passed,
        worst=None if worst is None else api.Point(x=worst[1], y=worst[0]),
    )

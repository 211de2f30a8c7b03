"""What the postprocess stage takes and gives. Segment's and Generate's results come beside these requests."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from services.common.camera import Camera
from services.common.css_color import RGB
from services.common.geometry import Box
from services.common.image import ImageFormat
from services.common.logs import carried_fields
from services.common.placement import Placement
from services.common.pose import Pose
from services.lint.step import Step
from services.postprocess.cover.schema import Cover, CoverText
from services.postprocess.preservation.thresholds import Level, Thresholds
from services.provenance.origin import Origin
from services.storage.blobs import StoredBlob

if TYPE_CHECKING:  # the measures take their libraries along, and this module is the client's too
    from services.codecs.photo import Photo
    from services.lint.ruleset import RuleSet
    from services.lint.verdict import Verdict
    from services.postprocess.inspection import Inspection
    from services.postprocess.preservation.colour_change import ColourChange
    from services.postprocess.preservation.report import Report


class Shadow(StrEnum):
    """How much of a shadow the product casts: contact and the light's own, contact alone, or none."""

    SOFT = "SOFT"
    CONTACT = "CONTACT"
    NONE = "NONE"


class Preservation(StrEnum):
    """What may happen to the product's own pixels: nothing, or a smooth, bounded gain."""

    EXACT = "EXACT"
    HARMONIZED = "HARMONIZED"


class LayerName(StrEnum):
    """Parts of a finished picture, see `postprocess/layers.py`."""

    ALPHA = "ALPHA"
    FOREGROUND = "FOREGROUND"
    SHADOW = "SHADOW"
    REFLECTION = "REFLECTION"
    BACKGROUND = "BACKGROUND"
    HEATMAP = "HEATMAP"
    UNCERTAINTY = "UNCERTAINTY"
    TEXT = "TEXT"


@dataclass(frozen=True)
class Output:
    """How to write the picture: format, quality 1 to 100, the blob key without its extension, and what the file says of
    where it comes from; None = nothing."""

    format: ImageFormat
    quality: int
    key: str
    origin: Origin | None = None


@dataclass(frozen=True)
class Recolour:
    """Another colour for the product's main one.

    Args:
        wanted: sRGB, 0 to 255.
        mask: (H, W) uint8 of the photo's size, bright where colours may change; None = everywhere.
    """

    wanted: RGB
    mask: NDArray[np.uint8] | None = None


@dataclass(frozen=True)
class RestoreRequest:
    """Put the product back into a generated background.

    Args:
        image: (H, W, 3) uint8 sRGB, the decoded photo.
        placement, camera, pose, shadow, preservation: See each.
        output: See there.
        seed: uint32, of the grain.
        layers: Parts of the picture to store beside it, each once.
        level: How much will be measured: for FULL, what that takes is kept.
        thresholds: What is asked of the measures.
        recolour: Another colour for the product; None = its own.
        cover: Words to set on the picture; None = none.
        request_id: For the logs.
        deadline_s: Unix time when the result is no longer wanted; None = never.
        log_fields: What the logs say besides, of the tenant, job and trace that it was made for.
    """

    image: NDArray[np.uint8]
    placement: Placement
    camera: Camera
    pose: Pose
    shadow: Shadow
    preservation: Preservation
    output: Output
    seed: int = 0
    layers: tuple[LayerName, ...] = ()
    level: Level = Level.BASIC
    thresholds: Thresholds = field(default_factory=Thresholds)
    recolour: Recolour | None = None
    cover: Cover | None = None
    request_id: str = ""
    deadline_s: float | None = None
    log_fields: Mapping[str, Any] = field(default_factory=carried_fields, compare=False)


@dataclass(frozen=True)
class StoredLayer:
    """A layer and where it lies; `instance` 0 is all products together, others count from 1."""

    name: LayerName
    blob: StoredBlob
    instance: int = 0


@dataclass(frozen=True)
class Reports:
    """What was measured of a picture: of all products together, and of each where there are several."""

    whole: "Report"
    instances: "tuple[Report, ...]" = ()

    @property
    def passed(self) -> bool:
        """Whether no measure of any is beyond its threshold."""
        return all(each.passed for each in (self.whole, *self.instances))


@dataclass(frozen=True)
class RestoreResult:
    """A finished shot, stored if it passed its report.

    Args:
        blob: Where it lies; None where it did not pass.
        layers: Those asked for, in that order; none where it did not pass.
        reports: The basic ones.
        kept: What the full report is measured on; None where only the basic one was asked for.
        core_sha256_before, core_sha256_after: Over the opaque product, see `postprocess/proof.py`.
        core_area_px: How many pixels that is.
        resampling: "none" or the filter's name.
        duration_s: Time worked, queueing not counted.
        recoloured: What became of the product's colour; None where none was asked for.
        cover: The words that were set on it.
    """

    blob: StoredBlob | None
    layers: tuple[StoredLayer, ...]
    reports: Reports
    kept: "Inspection | None"
    core_sha256_before: str
    core_sha256_after: str
    core_area_px: int
    resampling: str
    duration_s: float
    recoloured: "ColourChange | None" = None
    cover: tuple[CoverText, ...] = ()

    @property
    def identical(self) -> bool:
        """Whether the core is proven unchanged; of nothing, nothing can be proved."""
        return self.core_area_px > 0 and self.core_sha256_before == self.core_sha256_after


@dataclass(frozen=True)
class ReportRequest:
    """Measure a finished shot fully.

    Args:
        thresholds: What is asked of the measures.
        key: Of the picture, without its extension; the heat map lies beside it.
        request_id: For the logs.
        deadline_s: Unix time when the result is no longer wanted; None = never.
        log_fields: What the logs say besides, of the tenant, job and trace that it was made for.
    """

    thresholds: Thresholds
    key: str
    request_id: str = ""
    deadline_s: float | None = None
    log_fields: Mapping[str, Any] = field(default_factory=carried_fields, compare=False)


@dataclass(frozen=True)
class ReportResult:
    """A full report, its heat map, and the time worked on them."""

    reports: Reports
    layers: tuple[StoredLayer, ...]
    duration_s: float


@dataclass(frozen=True)
class DiscardRequest:
    """Remove what a shot stored, of any of its attempts, because it is not handed out.

    Args:
        output: Of the shot.
        layers: Asked for.
        instances: How many products were found.
        request_id: For the logs.
        deadline_s: Unix time when it is given up; None = never.
        log_fields: What the logs say besides, of the tenant, job and trace that it was made for.
    """

    output: Output
    layers: tuple[LayerName, ...]
    instances: int
    request_id: str = ""
    deadline_s: float | None = None
    log_fields: Mapping[str, Any] = field(default_factory=carried_fields, compare=False)


@dataclass(frozen=True)
class CutoutRequest:
    """Write a cutout as a picture of its own.

    Args:
        crop: The part of the photo to keep; None = all of it.
        background: sRGB colour to put it on; None = leave it transparent.
        output: PNG, WebP or AVIF.
        recolour: Another colour for the product; None = its own.
        request_id: For the logs.
        deadline_s: Unix time when the result is no longer wanted; None = never.
        log_fields: What the logs say besides, of the tenant, job and trace that it was made for.
    """

    crop: Box | None
    background: tuple[int, int, int] | None
    output: Output
    recolour: Recolour | None = None
    request_id: str = ""
    deadline_s: float | None = None
    log_fields: Mapping[str, Any] = field(default_factory=carried_fields, compare=False)


@dataclass(frozen=True)
class CutoutResult:
    """A stored cutout, the time worked on it, and what became of its colour where another was asked for."""

    blob: StoredBlob
    duration_s: float
    recoloured: "ColourChange | None" = None


@dataclass(frozen=True)
class FixOrder:
    """How a photo that breaks rules is to be mended.

    Args:
        key: Of the new picture, without its extension.
        format: Of its file; None = the photo's own, or the rule set's.
        quality: 1 to 100, at most.
        max_side_px: Longest side.
        origin: What the file says of where it comes from; None = nothing.
        thresholds: What is asked of the measures, where the product is cut out for it.
    """

    key: str
    format: ImageFormat | None
    quality: int
    max_side_px: int
    origin: Origin | None = None
    thresholds: Thresholds = field(default_factory=Thresholds)


@dataclass(frozen=True)
class LintRequest:
    """Hold a photo against a rule set, and mend what can be.

    Args:
        photo: As it was decoded.
        size_bytes: Of its file.
        rule_set: See there.
        fix: None = tell only.
        request_id: For the logs.
        deadline_s: Unix time when the result is no longer wanted; None = never.
        log_fields: What the logs say besides, of the tenant, job and trace that it was made for.
    """

    photo: "Photo"
    size_bytes: int
    rule_set: "RuleSet"
    fix: FixOrder | None = None
    request_id: str = ""
    deadline_s: float | None = None
    log_fields: Mapping[str, Any] = field(default_factory=carried_fields, compare=False)


@dataclass(frozen=True)
class MendedPicture:
    """A photo made anew, stored if that kept its product.

    Args:
        blob: Where it lies; None where its reports did not pass.
        steps: What was done.
        placement: Where the photo, or its product, lies on the picture.
        reports: The basic ones, of a product that was cut out; None where the photo was kept whole.
        core_sha256_before, core_sha256_after: Over the opaque product, see `postprocess/proof.py`.
        core_area_px: How many pixels that is.
        resampling: "none" or the filter's name.
    """

    blob: StoredBlob | None
    steps: tuple[Step, ...]
    placement: Placement
    reports: Reports | None
    core_sha256_before: str
    core_sha256_after: str
    core_area_px: int
    resampling: str

    @property
    def identical(self) -> bool:
        """As of `RestoreResult`."""
        return self.core_area_px > 0 and self.core_sha256_before == self.core_sha256_after


@dataclass(frozen=True)
class Fix:
    """What became of a photo that breaks rules.

    Args:
        verdict: Of the new picture, or of the photo where there is none; says of each rule that is broken still why.
        mended: The new picture; None where nothing could be done.
    """

    verdict: "Verdict"
    mended: MendedPicture | None


@dataclass(frozen=True)
class LintResult:
    """What rules say of a photo, what was mended where that was asked for and needed, and the time worked on it."""

    verdict: "Verdict"
    fix: Fix | None
    duration_s: float

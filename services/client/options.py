"""What the calls take beside the photo and the scene; the names are the contract's own."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

from services.api.common import OutputOptions
from services.api.studio import Canvas, Cover, PreservationThresholds, ProductSelection, Recolour, SceneWords, StyleUse
from services.common.pose import Pose
from services.generate.schema import Scheduler
from services.postprocess.preservation.thresholds import Level
from services.postprocess.schema import LayerName, Preservation, Shadow

#: A photo: the path of its file, its bytes, or an address that the service is to fetch it from ("https://…", "s3://…").
Photo = str | Path | bytes


def is_address(photo: str | Path) -> bool:
    """Whether a photo is where the service finds it, and not a file here."""
    return isinstance(photo, str) and photo.startswith(("https://", "http://", "s3://"))


class CutoutOptions(TypedDict, total=False):
    """Options of `cutout`, see `CreateCutoutRequest`; `timeout_s` bounds the whole call, in seconds."""

    output: OutputOptions
    crop: bool
    padding: float
    background_color: str
    selection: ProductSelection
    recolour: Recolour
    timeout_s: float


class LintOptions(TypedDict, total=False):
    """Options of `lint`, see `LintPhotoRequest`; `timeout_s` bounds the whole call, in seconds."""

    fix: bool
    output: OutputOptions
    selection: ProductSelection
    timeout_s: float


class ShotOptions(TypedDict, total=False):
    """Options of `shot`, see `CreateShotRequest`; `timeout_s` bounds the whole call, in seconds."""

    seed: int
    canvas: Canvas
    pose: Pose
    camera_pitch_deg: float
    camera_roll_deg: float
    focal_length_mm: float
    shadow: Shadow
    preservation: Preservation
    selection: ProductSelection
    layers: list[LayerName]
    report: Level
    thresholds: PreservationThresholds
    max_attempts: int
    prompt: str
    negative_prompt: str
    steps: int
    guidance: float
    plate_strength: float
    reference: Photo
    scheduler: Scheduler
    deterministic: bool
    words: SceneWords
    styles: Sequence[StyleUse]
    upscale: bool
    recolour: Recolour
    cover: Cover
    output: OutputOptions
    timeout_s: float


class StreamOptions(ShotOptions, total=False):
    """Options of `stream_shot`; a preview comes after every `preview_every` steps."""

    preview_every: int

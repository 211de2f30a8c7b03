"""What a shot is asked for on the command line, beside its photo and its scene."""

import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from services.cli.checked import checked
from services.cli.measures import parse_thresholds

if TYPE_CHECKING:
    from services.api.studio import Canvas
    from services.client import ShotOptions


class LayerChoice(StrEnum):
    """The layers, as options are written."""

    ALPHA = "alpha"
    FOREGROUND = "foreground"
    SHADOW = "shadow"
    REFLECTION = "reflection"
    BACKGROUND = "background"
    HEATMAP = "heatmap"
    UNCERTAINTY = "uncertainty"
    TEXT = "text"


PoseChoice = Literal["standing", "lying", "hanging"]
LevelChoice = Literal["basic", "full"]
FormatChoice = Literal["jpeg", "png", "webp", "avif"]

SeedOption = Annotated[int | None, typer.Option(min=0, max=2**32 - 1, help="Same seed, same picture.")]
PitchOption = Annotated[
    float | None, typer.Option(min=0, max=90, help="How far the camera looked down, in degrees.")
]  # fmt: skip
RollOption = Annotated[
    float | None, typer.Option(min=-30, max=30, help="How far the camera was turned clockwise, in degrees.")
]  # fmt: skip
FocalOption = Annotated[
    float | None, typer.Option("--focal", min=10, max=600, help="Its focal length in mm, on a frame of 36 x 24 mm.")
]  # fmt: skip
PoseOption = Annotated[PoseChoice | None, typer.Option(help="How the product rests.")]
CanvasOption = Annotated[str | None, typer.Option(metavar="WxH", help="Size of the pictures, in pixels.")]
FormatOption = Annotated[FormatChoice, typer.Option("--format", help="File format.")]
LayerOption = Annotated[
    list[LayerChoice] | None,
    typer.Option(help="A part of the picture as a file of its own; may be given several times."),
]
ReportOption = Annotated[
    LevelChoice | None,
    typer.Option(help="Measure how the product was kept, and show it.", show_default="the service's, not shown"),
]
ThresholdOption = Annotated[
    list[str] | None,
    typer.Option(metavar="MEASURE=VALUE", help="What a measure has to reach; may be given several times."),
]
AttemptsOption = Annotated[
    int | None, typer.Option(min=1, max=8, help="Backgrounds made at most until the product is kept.")
]
PreviewEveryOption = Annotated[
    int | None, typer.Option(min=1, max=100, help="Show the steps, and write a preview after every so many.")
]
PreviewsOption = Annotated[
    Path | None, typer.Option(help="Folder for previews.", show_default="previews in the folder for pictures")
]


def output_options(picture_format: FormatChoice, timeout_s: float) -> "ShotOptions":
    """What kind of file comes, and within what time."""
    from services.api.common import OutputOptions
    from services.common.image import ImageFormat

    return {"output": OutputOptions(format=ImageFormat(picture_format.upper())), "timeout_s": timeout_s}


def view_options(
    seed: int | None,
    pitch: float | None,
    pose: PoseChoice | None,
    canvas: str | None,
    roll: float | None,
    focal: float | None,
) -> "ShotOptions":
    """How the picture is to be taken; what was not named stays open.

    Raises:
        typer.BadParameter: The canvas is no size.
    """
    from services.common.pose import Pose

    options: ShotOptions = {}
    if seed is not None:
        options["seed"] = seed
    if pitch is not None:
        options["camera_pitch_deg"] = pitch
    if roll is not None:
        options["camera_roll_deg"] = roll
    if focal is not None:
        options["focal_length_mm"] = focal
    if pose is not None:
        options["pose"] = Pose(pose.upper())
    if canvas is not None:
        options["canvas"] = _parse_canvas(canvas)
    return options


def proof_options(
    layers: list[LayerChoice] | None, report: LevelChoice | None, thresholds: list[str] | None, max_attempts: int | None
) -> "ShotOptions":
    """What shows that the product was kept, and what is done until it is.

    Raises:
        typer.BadParameter: A threshold is misspelt or out of its range.
    """
    from services.postprocess.preservation.thresholds import Level
    from services.postprocess.schema import LayerName

    options: ShotOptions = {
        "layers": [LayerName[each.name] for each in layers or ()],
        "thresholds": parse_thresholds(thresholds or ()),
    }
    if report is not None:
        options["report"] = Level(report.upper())
    if max_attempts is not None:
        options["max_attempts"] = max_attempts
    return options


def _parse_canvas(text: str) -> "Canvas":
    from services.api.studio import Canvas

    found = re.fullmatch(r"([1-9]\d{0,4})x([1-9]\d{0,4})", text, re.ASCII)
    if found is None:
        raise typer.BadParameter(f"expected a size such as 1200x1600, got {text[:80]!r}", param_hint="--canvas")
    return checked(Canvas, {"width": int(found[1]), "height": int(found[2])}, "--canvas")

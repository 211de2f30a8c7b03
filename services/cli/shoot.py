"""`vitrine shoot`: photos in, studio shots out."""

import re
from collections.abc import Awaitable, Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from services.cli.checked import checked
from services.cli.configuration import service_address
from services.cli.console import AddressOption, JsonOption, counting_progress
from services.cli.drawing import (
    DeterministicOption,
    GuidanceOption,
    NegativePromptOption,
    PlateStrengthOption,
    PromptOption,
    ReferenceOption,
    SchedulerOption,
    StepsOption,
    WordOption,
    read_drawing,
)
from services.cli.selection import (
    ExcludeBoxOption,
    ExcludeOption,
    IncludeBoxOption,
    IncludeOption,
    KeepMaskOption,
    read_selection,
)

if TYPE_CHECKING:
    from services.api.studio import Canvas
    from services.cli.batch import Answer, Job
    from services.cli.previews import Previews
    from services.client import AsyncVitrine, ShotOptions


#: Steps between previews, where only their folder is named.
PREVIEW_EVERY: Final = 5


class LayerChoice(StrEnum):
    """The layers, as options are written."""

    ALPHA = "alpha"
    FOREGROUND = "foreground"
    SHADOW = "shadow"
    REFLECTION = "reflection"
    BACKGROUND = "background"
    HEATMAP = "heatmap"
    UNCERTAINTY = "uncertainty"


def shoot(
    photos: Annotated[list[str], typer.Argument(help="Photos, or patterns such as 'photos/*.jpg'.")],
    scene: Annotated[list[str], typer.Option("--scene", "-s", help="A scene; may be given several times.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the pictures.")] = Path("out"),
    seed: Annotated[int | None, typer.Option(min=0, max=2**32 - 1, help="Same seed, same picture.")] = None,
    pitch: Annotated[
        float | None, typer.Option(min=0, max=90, help="How far the camera looked down, in degrees.")
    ] = None,
    pose: Annotated[Literal["standing", "lying", "hanging"] | None, typer.Option(help="How the product rests.")] = None,
    canvas: Annotated[str | None, typer.Option(metavar="WxH", help="Size of the pictures, in pixels.")] = None,
    picture_format: Annotated[
        Literal["jpeg", "png", "webp", "avif"], typer.Option("--format", help="File format.")
    ] = "jpeg",
    keep_mask: KeepMaskOption = None,
    include: IncludeOption = None,
    exclude: ExcludeOption = None,
    include_box: IncludeBoxOption = None,
    exclude_box: ExcludeBoxOption = None,
    layer: Annotated[
        list[LayerChoice] | None,
        typer.Option(help="A part of the picture as a file of its own; may be given several times."),
    ] = None,
    report: Annotated[
        Literal["basic", "full"] | None,
        typer.Option(help="Measure how the product was kept, and show it.", show_default="the service's, not shown"),
    ] = None,
    threshold: Annotated[
        list[str] | None,
        typer.Option(metavar="MEASURE=VALUE", help="What a measure has to reach; may be given several times."),
    ] = None,
    max_attempts: Annotated[
        int | None, typer.Option(min=1, max=8, help="Backgrounds made at most until the product is kept.")
    ] = None,
    prompt: PromptOption = None,
    negative_prompt: NegativePromptOption = None,
    steps: StepsOption = None,
    guidance: GuidanceOption = None,
    plate_strength: PlateStrengthOption = None,
    scheduler: SchedulerOption = None,
    deterministic: DeterministicOption = False,
    reference: ReferenceOption = None,
    word: WordOption = None,
    preview_every: Annotated[
        int | None, typer.Option(min=1, max=100, help="Show the steps, and write a preview after every so many.")
    ] = None,
    previews: Annotated[
        Path | None, typer.Option(help="Folder for previews.", show_default="previews in the folder for pictures")
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, max=64, help="Pictures made at once.")] = 4,
    timeout: Annotated[float, typer.Option(min=0.1, help="For each picture, in seconds.")] = 120,
    address: AddressOption = None,
    json: JsonOption = False,
) -> None:
    """Put the products of photos into scenes. A photo that fails does not stop the others."""
    from services.api.common import OutputOptions
    from services.api.studio import CreateShotRequest
    from services.cli.batch import find_photos, make_all, plan, tell
    from services.cli.measures import parse_thresholds
    from services.cli.previews import Previews
    from services.client import ShotOptions
    from services.common.image import ImageFormat
    from services.common.pose import Pose
    from services.postprocess.preservation.thresholds import Level
    from services.postprocess.schema import LayerName

    for each in scene:
        checked(CreateShotRequest, {"scene_id": each}, "--scene")
    image_format = ImageFormat(picture_format.upper())
    options: ShotOptions = {"output": OutputOptions(format=image_format), "timeout_s": timeout}
    if seed is not None:
        options["seed"] = seed
    if pitch is not None:
        options["camera_pitch_deg"] = pitch
    if pose is not None:
        options["pose"] = Pose(pose.upper())
    if canvas is not None:
        options["canvas"] = _parse_canvas(canvas)
    selection = read_selection(keep_mask, include, exclude, include_box, exclude_box)
    if selection is not None:
        options["selection"] = selection
    options["layers"] = [LayerName[each.name] for each in layer or ()]
    options["thresholds"] = parse_thresholds(threshold or ())
    if report is not None:
        options["report"] = Level(report.upper())
    if max_attempts is not None:
        options["max_attempts"] = max_attempts
    options.update(
        read_drawing(
            prompt, negative_prompt, steps, guidance, plate_strength, scheduler, deterministic, reference, word
        )
    )
    work = plan(find_photos(photos), list(dict.fromkeys(scene)), out, image_format.extension)
    bars = counting_progress()
    watched = Previews(previews or out / "previews", preview_every or PREVIEW_EVERY, bars)
    make = _maker(options, watched if previews or preview_every else None)
    tell(make_all(service_address(address), work, make, jobs, bars), as_json=json, measures=report is not None)


def _maker(options: "ShotOptions", watched: "Previews | None") -> "Callable[[AsyncVitrine, Job], Awaitable[Answer]]":
    """How each picture is made: watched, or at one go."""
    if watched is not None:
        return lambda vitrine, job: watched.shot(vitrine, job, options)
    return lambda vitrine, job: vitrine.shot(job.photo, job.label, **options)


def _parse_canvas(text: str) -> "Canvas":
    from services.api.studio import Canvas

    found = re.fullmatch(r"([1-9]\d{0,4})x([1-9]\d{0,4})", text, re.ASCII)
    if found is None:
        raise typer.BadParameter(f"expected a size such as 1200x1600, got {text[:80]!r}", param_hint="--canvas")
    return checked(Canvas, {"width": int(found[1]), "height": int(found[2])}, "--canvas")

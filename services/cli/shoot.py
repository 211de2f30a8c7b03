"""`vitrine shoot`: photos in, studio shots out."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from services.cli.checked import checked
from services.cli.configuration import service_address
from services.cli.console import AddressOption, JsonOption, counting_progress
from services.cli.cover import (
    CoverColorOption,
    CoverLineOption,
    HeadlineOption,
    IssueOption,
    MastheadOption,
    PriceOption,
    TypefaceOption,
    read_cover,
)
from services.cli.drawing import (
    DeterministicOption,
    GuidanceOption,
    NegativePromptOption,
    PlateStrengthOption,
    PromptOption,
    ReferenceOption,
    SchedulerOption,
    StepsOption,
    StyleOption,
    UpscaleOption,
    WordOption,
    read_drawing,
    read_styles,
    read_upscale,
)
from services.cli.recolour import RecolourMaskOption, RecolourOption, read_recolour
from services.cli.selection import (
    ExcludeBoxOption,
    ExcludeOption,
    GhostOption,
    IncludeBoxOption,
    IncludeOption,
    KeepMaskOption,
    read_selection,
)
from services.cli.shot_options import (
    AttemptsOption,
    CanvasOption,
    FocalOption,
    FormatOption,
    LayerOption,
    PitchOption,
    PoseOption,
    PreviewEveryOption,
    PreviewsOption,
    ReportOption,
    RollOption,
    SeedOption,
    ThresholdOption,
    output_options,
    proof_options,
    view_options,
)

if TYPE_CHECKING:
    from services.api.photo import PhotoResponse
    from services.cli.batch import Job
    from services.cli.previews import Previews
    from services.client import AsyncVitrine, ShotOptions

#: Steps between previews, where only their folder is named.
PREVIEW_EVERY: Final = 5


def shoot(
    photos: Annotated[list[str], typer.Argument(help="Photos, patterns such as 'photos/*.jpg', or https addresses.")],
    scene: Annotated[list[str], typer.Option("--scene", "-s", help="A scene; may be given several times.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the pictures.")] = Path("out"),
    seed: SeedOption = None,
    pitch: PitchOption = None,
    roll: RollOption = None,
    focal: FocalOption = None,
    pose: PoseOption = None,
    canvas: CanvasOption = None,
    picture_format: FormatOption = "jpeg",
    keep_mask: KeepMaskOption = None,
    include: IncludeOption = None,
    exclude: ExcludeOption = None,
    include_box: IncludeBoxOption = None,
    exclude_box: ExcludeBoxOption = None,
    recolour: RecolourOption = None,
    recolour_mask: RecolourMaskOption = None,
    ghost_mannequin: GhostOption = False,
    layer: LayerOption = None,
    report: ReportOption = None,
    threshold: ThresholdOption = None,
    max_attempts: AttemptsOption = None,
    prompt: PromptOption = None,
    negative_prompt: NegativePromptOption = None,
    steps: StepsOption = None,
    guidance: GuidanceOption = None,
    plate_strength: PlateStrengthOption = None,
    scheduler: SchedulerOption = None,
    deterministic: DeterministicOption = False,
    reference: ReferenceOption = None,
    word: WordOption = None,
    style: StyleOption = None,
    upscale: UpscaleOption = None,
    masthead: MastheadOption = None,
    issue: IssueOption = None,
    price: PriceOption = None,
    headline: HeadlineOption = None,
    cover_line: CoverLineOption = None,
    cover_color: CoverColorOption = None,
    typeface: TypefaceOption = None,
    preview_every: PreviewEveryOption = None,
    previews: PreviewsOption = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, max=64, help="Pictures made at once.")] = 4,
    timeout: Annotated[float, typer.Option(min=0.1, help="For each picture, in seconds.")] = 120,
    address: AddressOption = None,
    json: JsonOption = False,
) -> None:
    """Put the products of photos into scenes. A photo that fails does not stop the others."""
    from services.cli.batch import make_all, tell
    from services.cli.previews import Previews

    options = output_options(picture_format, timeout) | view_options(seed, pitch, pose, canvas, roll, focal)
    options |= read_drawing(
        prompt, negative_prompt, steps, guidance, plate_strength, scheduler, deterministic, reference, word
    )
    options |= read_styles(style) | read_upscale(upscale) | proof_options(layer, report, threshold, max_attempts)
    options |= read_cover(masthead, issue, price, headline, cover_line, cover_color, typeface)
    selection = read_selection(keep_mask, include, exclude, include_box, exclude_box, ghost_mannequin)
    if selection is not None:
        options["selection"] = selection
    if (other := read_recolour(recolour, recolour_mask)) is not None:
        options["recolour"] = other
    work = _planned(photos, scene, out, picture_format)
    bars = counting_progress()
    watched = Previews(previews or out / "previews", preview_every or PREVIEW_EVERY, bars)
    make = _maker(options, watched if previews or preview_every else None)
    tell(make_all(service_address(address), work, make, jobs, bars), as_json=json, measures=report is not None)


def _planned(photos: list[str], scenes: list[str], out: Path, picture_format: str) -> "list[Job]":
    """A picture of every photo in every scene."""
    from services.api.studio import CreateShotRequest
    from services.cli.batch import find_sources, plan
    from services.common.image import ImageFormat

    for each in scenes:
        checked(CreateShotRequest, {"scene_id": each}, "--scene")
    return plan(find_sources(photos), list(dict.fromkeys(scenes)), out, ImageFormat(picture_format.upper()).extension)


def _maker(
    options: "ShotOptions", watched: "Previews | None"
) -> "Callable[[AsyncVitrine, Job], Awaitable[PhotoResponse]]":
    """How each picture is made: watched, or at one go."""
    if watched is not None:
        return lambda vitrine, job: watched.shot(vitrine, job, options)
    return lambda vitrine, job: vitrine.shot(job.photo, job.label, **options)

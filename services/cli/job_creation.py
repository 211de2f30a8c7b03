"""`vitrine jobs create`: many photos by one recipe."""

import asyncio
import itertools
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from services.cli.configuration import api_key, service_address
from services.cli.console import AddressOption, JsonOption, asides, counting_progress, results, write_json
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
    NegativePromptOption,
    PromptOption,
    StepsOption,
    StyleOption,
    UpscaleOption,
    WordOption,
    read_drawing,
    read_styles,
    read_upscale,
)
from services.cli.group import EXIT_FAILED
from services.cli.recolour import RecolourOption, read_recolour
from services.cli.selection import GhostOption, read_selection
from services.cli.shot_options import (
    CanvasOption,
    FocalOption,
    LayerOption,
    PitchOption,
    PoseOption,
    ReportOption,
    RollOption,
    SeedOption,
    proof_options,
    view_options,
)

if TYPE_CHECKING:
    from services.client import AsyncVitrine, CreateJobResponse, JobItemSpec
    from services.client.jobs import Recipe

#: Files sent at once.
SENDS: Final = 8
#: A larger list of items is put into the store instead of the request.
INLINE_BYTES: Final = 2 << 20
_DAY_S: Final = 86_400


def create(
    photos: Annotated[
        list[str] | None, typer.Argument(help="Photos, patterns such as 'photos/*.jpg', or https and s3 addresses.")
    ] = None,
    scene: Annotated[str, typer.Option("--scene", "-s", help="Put the products into this scene.")] = "",
    cutout: Annotated[bool, typer.Option("--cutout", help="Only cut the products out.")] = False,
    lint: Annotated[str, typer.Option("--lint", help="Hold the photos against a rule set such as amazon-main.")] = "",
    fix: Annotated[bool, typer.Option("--fix", help="With --lint: make pictures that keep it.")] = False,
    manifest: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A list of items, CSV or JSONL, see docs/jobs.md.")
    ] = None,
    recipe: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Everything else that a request can say, as JSON in a file."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Wait, and fetch the pictures into this folder.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the job has ended.")] = False,
    name: Annotated[str, typer.Option(help="To find the job by.")] = "",
    priority: Annotated[int, typer.Option(min=-100, max=100, help="Of your jobs, higher ones go first.")] = 0,
    tries: Annotated[int, typer.Option(min=0, max=10, help="Of each item; 0: as the service has it.")] = 0,
    keep_days: Annotated[float | None, typer.Option(min=0.01, help="How long results are kept.")] = None,
    key: Annotated[str, typer.Option(help="Makes no second job where the same is sent again.")] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Make nothing: check, and estimate time and cost.")
    ] = False,
    picture_format: Annotated[
        Literal["jpeg", "png", "webp", "avif"] | None,
        typer.Option("--format", help="File format.", show_default="shots: jpeg, cutouts: png"),
    ] = None,
    seed: SeedOption = None,
    pitch: PitchOption = None,
    roll: RollOption = None,
    focal: FocalOption = None,
    pose: PoseOption = None,
    canvas: CanvasOption = None,
    layer: LayerOption = None,
    report: ReportOption = None,
    prompt: PromptOption = None,
    negative_prompt: NegativePromptOption = None,
    steps: StepsOption = None,
    word: WordOption = None,
    style: StyleOption = None,
    upscale: UpscaleOption = None,
    recolour: RecolourOption = None,
    masthead: MastheadOption = None,
    issue: IssueOption = None,
    price: PriceOption = None,
    headline: HeadlineOption = None,
    cover_line: CoverLineOption = None,
    cover_color: CoverColorOption = None,
    typeface: TypefaceOption = None,
    ghost_mannequin: GhostOption = False,
    address: AddressOption = None,
    json: JsonOption = False,
) -> None:
    """Have many pictures made, whenever there is room; files of this machine are sent first."""
    from services.cli.batch import find_sources
    from services.cli.job_recipe import read_recipe
    from services.cli.job_watch import watch_job

    if not photos and manifest is None:
        raise typer.BadParameter("name photos or a --manifest", param_hint="PHOTOS / --manifest")
    fields: dict[str, Any] = dict(view_options(seed, pitch, pose, canvas, roll, focal))
    fields |= read_drawing(
        prompt, negative_prompt, steps, guidance=None, plate_strength=None, scheduler=None, deterministic=False,
        reference=None, word=word,
    )  # fmt: skip
    fields |= read_styles(style) | read_upscale(upscale)
    fields |= read_cover(masthead, issue, price, headline, cover_line, cover_color, typeface)
    proof = proof_options(layer, report, None, None)
    fields |= {name: value for name, value in proof.items() if value and name != "thresholds"}
    if (other := read_recolour(recolour, None)) is not None:
        fields["recolour"] = other
    if (selection := read_selection(None, None, None, None, None, ghost_mannequin)) is not None:
        fields["selection"] = selection
    if picture_format:
        fields["output"] = {"format": picture_format.upper()}
    if fix:
        fields["fix"] = True
    wanted = read_recipe(recipe, scene, cutout, lint, fields)
    options: dict[str, Any] = {"name": name, "priority": priority, "max_attempts": tries, "validate_only": dry_run}
    if keep_days is not None:
        options["keep"] = keep_days * _DAY_S
    where = service_address(address)
    sources = find_sources(photos or [])
    made = asyncio.run(_made(where, sources, manifest, wanted, options, key))
    if dry_run:
        _tell_estimate(made, as_json=json)
    elif out is None and not wait:
        write_json(made.model_dump(mode="json", exclude_none=True)) if json else results().print(made.job.job_id)
        asides().print(f"{made.job.counts.total} items; follow them: vitrine jobs watch {made.job.job_id} --out out/")
    else:
        asides().print(f"job {made.job.job_id}: {made.job.counts.total} items")
        watch_job(where, made.job.job_id, out, as_json=json)


async def _made(
    address: str,
    sources: Sequence[Path | str],
    manifest: Path | None,
    recipe: "Recipe",
    options: dict[str, Any],
    key: str,
) -> "CreateJobResponse":
    from services.client import AsyncVitrine

    async with AsyncVitrine(address, api_key=api_key()) as vitrine:
        items = await _items(vitrine, sources, send=not options["validate_only"])
        if manifest is not None:
            options["manifest"] = await _manifest(vitrine, manifest)
        return await vitrine.jobs.create(items, recipe, key=key, **options)


async def _items(vitrine: "AsyncVitrine", sources: Sequence[Path | str], *, send: bool) -> "list[JobItemSpec]":
    """An item for each photo, under its name; files are sent, several at a time."""
    from services.client import ImageSource, JobItemSpec

    turn = asyncio.Semaphore(SENDS)
    files = sum(isinstance(source, Path) for source in sources)

    with counting_progress() as bars:
        bar = bars.add_task("sent", total=files, visible=send and files > 0)

        async def image(source: Path | str) -> ImageSource:
            if isinstance(source, str):
                return ImageSource(url=source)
            if not send:  # an address that nobody has stands for the file
                return ImageSource(url="https://file.invalid/")
            async with turn:
                key = await vitrine.jobs.upload(source)
            bars.advance(bar)
            return ImageSource(blob_key=key)

        images = await asyncio.gather(*(image(source) for source in sources))
    return [JobItemSpec(key=key, image=each) for key, each in zip(item_keys(sources), images, strict=True)]


def item_keys(sources: Iterable[Path | str]) -> list[str]:
    """A key for each photo: its name without extension; one that is taken gets a number."""
    keys: list[str] = []
    taken: set[str] = set()
    for source in sources:
        stem = Path(str(source).partition("?")[0].rstrip("/")).stem
        plain = re.sub(r"[^A-Za-z0-9._-]", "_", stem).lstrip(".")[:100] or "photo"
        candidates = itertools.chain([plain], (f"{plain}-{number}" for number in itertools.count(2)))
        keys.append(next(key for key in candidates if key not in taken))
        taken.add(keys[-1])
    return keys


async def _manifest(vitrine: "AsyncVitrine", file: Path) -> dict[str, Any]:
    content = await asyncio.to_thread(file.read_bytes)
    if len(content) <= INLINE_BYTES:
        return {"content": content}
    return {"blob_key": await vitrine.jobs.upload(file)}


def _tell_estimate(made: "CreateJobResponse", *, as_json: bool) -> None:
    """What a job would take, and what is wrong with its items.

    Raises:
        typer.Exit: With code 1, where something is.
    """
    from services.cli.console import seconds

    estimate = made.estimate
    if as_json:
        write_json(made.model_dump(mode="json", exclude_none=True))
    else:
        words = [f"{estimate.items} items"]
        if estimate.duration:
            words.append(f"about {seconds(estimate.duration)}, of compute {seconds(estimate.compute)}")
        if estimate.currency:
            words.append(f"about {estimate.cost:.2f} {estimate.currency}")
        if estimate.quota_items_left is not None:
            words.append(f"{estimate.quota_items_left} left of the quota")
        results().print("; ".join(words))
        for fault in made.faults:
            asides().print(f"{fault.key or fault.number}: {fault.message}", style="red", markup=False)
    if made.faults:
        raise typer.Exit(EXIT_FAILED)

"""`vitrine lint`: photos against marketplaces' rules, and pictures that keep them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from services.cli.configuration import open_settings, service_address
from services.cli.console import AddressOption, JsonOption, asides
from services.cli.selection import (
    ExcludeBoxOption,
    ExcludeOption,
    GhostOption,
    IncludeBoxOption,
    IncludeOption,
    KeepMaskOption,
    read_selection,
)

if TYPE_CHECKING:
    from services.api.photo import PhotoResponse
    from services.cli.batch import Job
    from services.client import AsyncVitrine


def lint(
    photos: Annotated[list[str], typer.Argument(help="Photos, patterns such as 'photos/*.jpg', or https addresses.")],
    rules: Annotated[
        list[str], typer.Option("--rules", "-r", help="A rule set such as amazon-main; may be given several times.")
    ],
    fix: Annotated[bool, typer.Option("--fix", help="Make pictures that keep the rules, as far as that goes.")] = False,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for them.")] = Path("out"),
    picture_format: Annotated[
        Literal["jpeg", "png", "webp", "avif"] | None,
        typer.Option("--format", help="Their file format.", show_default="the photo's, where the rules take it"),
    ] = None,
    sheet: Annotated[
        bool, typer.Option("--sheet", help="Contact sheets of the photos beside what was made of them.")
    ] = False,
    keep_mask: KeepMaskOption = None,
    include: IncludeOption = None,
    exclude: ExcludeOption = None,
    include_box: IncludeBoxOption = None,
    exclude_box: ExcludeBoxOption = None,
    ghost_mannequin: GhostOption = False,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, max=64, help="Photos looked at at once.")] = 4,
    timeout: Annotated[float, typer.Option(min=0.1, help="For each photo, in seconds.")] = 120,
    address: AddressOption = None,
    json: JsonOption = False,
) -> None:
    """Hold photos against marketplaces' rules. Ends with code 1 where one breaks a required rule and was not mended."""
    from services.api.common import OutputOptions
    from services.cli.batch import find_sources, make_all, plan
    from services.cli.verdict_sheet import write_sheets
    from services.cli.verdicts import tell_verdicts
    from services.client import LintOptions
    from services.common.image import ImageFormat

    options: LintOptions = {"fix": fix, "timeout_s": timeout}
    if picture_format is not None:
        options["output"] = OutputOptions(format=ImageFormat(picture_format.upper()))
    selection = read_selection(keep_mask, include, exclude, include_box, exclude_box, ghost_mannequin)
    if selection is not None:
        options["selection"] = selection
    # What a picture is written as is known when it is there.
    work = plan(find_sources(photos), list(dict.fromkeys(rules)), out, "picture")

    async def make(vitrine: "AsyncVitrine", job: "Job") -> "PhotoResponse":
        return await vitrine.lint(job.photo, job.label, **options)

    outcomes = make_all(service_address(address), work, make, jobs)
    if sheet:
        for path in write_sheets(out, outcomes, open_settings().limits.image):
            asides().print(f"See {path}")
    tell_verdicts(outcomes, as_json=json)

"""`vitrine cutout`: photos in, products on transparency out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from services.cli.checked import checked
from services.cli.configuration import service_address
from services.cli.console import AddressOption, JsonOption
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

if TYPE_CHECKING:
    from services.api.photo import PhotoResponse
    from services.cli.batch import Job
    from services.client import AsyncVitrine


def cutout(
    photos: Annotated[list[str], typer.Argument(help="Photos, patterns such as 'photos/*.jpg', or https addresses.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the pictures.")] = Path("out"),
    crop: Annotated[bool, typer.Option("--crop", help="Keep only the product's box.")] = False,
    padding: Annotated[float, typer.Option(min=0, max=1, help="Space around it, as a share of its longer side.")] = 0,
    background: Annotated[str, typer.Option(metavar="#RRGGBB", help="Put it on this colour.")] = "",
    picture_format: Annotated[Literal["png", "webp", "avif"], typer.Option("--format", help="File format.")] = "png",
    keep_mask: KeepMaskOption = None,
    include: IncludeOption = None,
    exclude: ExcludeOption = None,
    include_box: IncludeBoxOption = None,
    exclude_box: ExcludeBoxOption = None,
    recolour: RecolourOption = None,
    recolour_mask: RecolourMaskOption = None,
    ghost_mannequin: GhostOption = False,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, max=64, help="Pictures made at once.")] = 4,
    timeout: Annotated[float, typer.Option(min=0.1, help="For each picture, in seconds.")] = 120,
    address: AddressOption = None,
    json: JsonOption = False,
) -> None:
    """Cut the products out of photos. A photo that fails does not stop the others."""
    from services.api.common import OutputOptions
    from services.api.studio import CreateCutoutRequest
    from services.cli.batch import find_sources, make_all, plan, tell
    from services.client import CutoutOptions
    from services.common.image import ImageFormat

    checked(CreateCutoutRequest, {"background_color": background}, "--background")
    image_format = ImageFormat(picture_format.upper())
    options: CutoutOptions = {
        "output": OutputOptions(format=image_format),
        "crop": crop,
        "padding": padding,
        "background_color": background,
        "timeout_s": timeout,
    }
    selection = read_selection(keep_mask, include, exclude, include_box, exclude_box, ghost_mannequin)
    if selection is not None:
        options["selection"] = selection
    if (other := read_recolour(recolour, recolour_mask)) is not None:
        options["recolour"] = other
    work = plan(find_sources(photos), ["cutout"], out, image_format.extension)

    async def make(vitrine: "AsyncVitrine", job: "Job") -> "PhotoResponse":
        return await vitrine.cutout(job.photo, **options)

    tell(make_all(service_address(address), work, make, jobs), as_json=json)

"""`vitrine colourways`: every photo's product in each of several colours, and contact sheets to judge them by."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from services.cli.checked import checked
from services.cli.configuration import open_settings, service_address
from services.cli.console import AddressOption, JsonOption
from services.cli.recolour import recolour_to

if TYPE_CHECKING:
    from services.api.photo import PhotoResponse
    from services.cli.batch import Job
    from services.client import AsyncVitrine

#: Rows of one contact sheet, a photo in each.
ROWS_PER_SHEET: Final = 5
#: Neither white nor coloured, so that every product's own colour is seen.
BACKGROUND: Final = "#ebebe8"


def colourways(
    photos: Annotated[list[str], typer.Argument(help="Photos, or patterns such as 'photos/*.jpg'.")],
    recolour: Annotated[
        list[str], typer.Option(metavar="COLOUR", help="Such as seagreen or #2e8b57; may be given several times.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the pictures.")] = Path("out/colourways"),
    background: Annotated[str, typer.Option(metavar="#RRGGBB", help="Put the products on this colour.")] = BACKGROUND,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, max=64, help="Pictures made at once.")] = 2,
    timeout: Annotated[float, typer.Option(min=0.1, help="For each picture, in seconds.")] = 120,
    address: AddressOption = None,
    json: JsonOption = False,
) -> None:
    """Cut every product out in each of several colours, with contact sheets."""
    from services.api.common import OutputOptions
    from services.api.studio import CreateCutoutRequest
    from services.cli.batch import find_photos, make_all, plan, tell
    from services.cli.contact_sheets import ContactSheets
    from services.client import CutoutOptions
    from services.common.image import ImageFormat

    checked(CreateCutoutRequest, {"background_color": background}, "--background")
    colours = {each.lower().removeprefix("#"): recolour_to(each) for each in recolour}
    work = plan(find_photos(photos), list(colours), out, "png")

    async def make(vitrine: "AsyncVitrine", job: "Job") -> "PhotoResponse":
        options: CutoutOptions = {
            "output": OutputOptions(format=ImageFormat.PNG), "crop": True, "padding": 0.05,
            "background_color": background, "timeout_s": timeout, "recolour": colours[job.label],
        }  # fmt: skip
        return await vitrine.cutout(job.photo, **options)

    sheets = ContactSheets(out, work, open_settings().limits.image, across=1, rows=ROWS_PER_SHEET)
    outcomes = make_all(service_address(address), work, make, jobs, heard=sheets.add)
    sheets.finish()
    tell(outcomes, as_json=json)

"""`vitrine lookbook`: every photo in one fitting scene of each kind of place, and contact sheets to judge them by."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from services.cli.configuration import api_key, open_settings, service_address
from services.cli.console import AddressOption, JsonOption
from services.common.place import Place

if TYPE_CHECKING:
    from services.api.catalog import Scene
    from services.api.photo import PhotoResponse
    from services.api.studio import CreateShotResponse
    from services.cli.batch import Job
    from services.client import AsyncVitrine

#: Photos in a row of a contact sheet, and its rows.
PHOTOS_ACROSS: Final = 2
ROWS_PER_SHEET: Final = 7


def lookbook(
    photos: Annotated[list[str], typer.Argument(help="Photos, or patterns such as 'photos/*.jpg'.")],
    place: Annotated[
        list[Place] | None,
        typer.Option(help="A kind of place; may be given several times.", show_default="all", case_sensitive=False),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the pictures.")] = Path("out/lookbook"),
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Same seed, same pictures.")] = 1,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, max=64, help="Pictures made at once.")] = 2,
    timeout: Annotated[float, typer.Option(min=0.1, help="For each picture, in seconds.")] = 120,
    address: AddressOption = None,
    json: JsonOption = False,
) -> None:
    """Shoot every photo in a fitting scene of each kind of place, with contact sheets."""
    from services.cli.batch import find_photos, make_all, plan, tell
    from services.cli.contact_sheets import ContactSheets
    from services.client import Vitrine

    where = service_address(address)
    places = list(dict.fromkeys(place or list(Place)))
    found = find_photos(photos)
    work = plan(found, [each.lower() for each in places], out, "jpg")
    with Vitrine(where, api_key=api_key()) as vitrine:
        scenes = vitrine.scenes()
    numbers: dict[Path | str, int] = {photo: number for number, photo in enumerate(found)}

    async def make(vitrine: "AsyncVitrine", job: "Job") -> "PhotoResponse":
        return await shoot_fitting(
            vitrine, job, in_turn(scenes, Place(job.label.upper()), numbers[job.photo]), seed, timeout
        )

    sheets = ContactSheets(out, work, open_settings().limits.image, PHOTOS_ACROSS, ROWS_PER_SHEET)
    outcomes = make_all(where, work, make, jobs, heard=sheets.add)
    sheets.finish()
    tell(outcomes, as_json=json)


def in_turn(scenes: "Sequence[Scene]", place: Place, turn: int) -> list[str]:
    """Ids of the place's scenes, beginning with another one at every turn."""
    ids = [scene.scene_id for scene in scenes if scene.place is place]
    first = turn % len(ids) if ids else 0
    return ids[first:] + ids[:first]


async def shoot_fitting(
    vitrine: "AsyncVitrine", job: "Job", scene_ids: list[str], seed: int, timeout_s: float
) -> "CreateShotResponse":
    """The shot in the first of the scenes that fits how the photo was taken.

    Raises:
        InvalidInput: None of them fits.
        VitrineError: Whatever else the service answers.
    """
    from services.common.errors import InvalidInput

    left = list(scene_ids)
    while left:
        scene_id = left.pop(0)
        try:
            return await vitrine.shot(job.photo, scene_id, seed=seed, timeout_s=timeout_s)
        except InvalidInput as error:
            if error.details.get("field") != "scene_id":
                raise
            # The refusal names all that fit, so the second try is the last.
            known: Any = error.details.get("known")
            left = [each for each in left if each in known] if isinstance(known, list) else left
    raise InvalidInput(f"no scene of the kind {job.label} fits how the photo was taken", field="scene_id")

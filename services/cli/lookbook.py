"""`vitrine lookbook`: every photo in one fitting scene of each kind of place, and contact sheets to judge them by."""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from services.cli.configuration import api_key, open_settings, service_address
from services.cli.console import AddressOption, JsonOption, asides
from services.common.place import Place

if TYPE_CHECKING:
    from services.api.catalog import Scene
    from services.api.photo import PhotoResponse
    from services.api.studio import CreateShotResponse
    from services.cli.batch import Job, Outcome
    from services.cli.sheet import Picture
    from services.client import AsyncVitrine
    from services.common.image import ImageLimits

#: On one contact sheet, two in a row.
PHOTOS_PER_SHEET: Final = 14
MAX_SHEET_BYTES: Final = 1_500_000


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

    outcomes = make_all(where, work, make, jobs)
    limits = open_settings().limits.image
    for number, start in enumerate(range(0, len(found), PHOTOS_PER_SHEET), start=1):
        page = found[start : start + PHOTOS_PER_SHEET]
        path = out / f"contact_sheet_{number}.jpg"
        write_page(path, page, outcomes, limits)
        asides().print(f"See {path}")
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


def write_page(path: Path, photos: "Sequence[Path]", outcomes: "Sequence[Outcome]", limits: "ImageLimits") -> None:
    """One contact sheet: each photo and what was made of it, two photos in a row."""
    from services.cli.sheet import lay_out, save_sheet

    blocks = [_block(photo, [each for each in outcomes if each.job.photo == photo], limits) for photo in photos]
    rows = [[*itertools.chain(*blocks[start : start + 2])] for start in range(0, len(blocks), 2)]
    sheet = lay_out(rows, "Vitrine", f"{photos[0].name} to {photos[-1].name}")
    path.parent.mkdir(parents=True, exist_ok=True)
    save_sheet(sheet, path, MAX_SHEET_BYTES)


def _block(photo: Path, outcomes: "Sequence[Outcome]", limits: "ImageLimits") -> "list[Picture]":
    from services.api.studio import CreateShotResponse
    from services.cli import thumbnail
    from services.cli.sheet import Picture

    pictures = [Picture(thumbnail.of_photo(photo, limits), photo.stem)]
    for outcome in outcomes:
        answer = outcome.answer
        if isinstance(answer, CreateShotResponse):
            pictures.append(Picture(thumbnail.of_result(answer.image.content), answer.scene_id))
    return pictures

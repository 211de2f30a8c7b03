"""Contact sheets of many photos: each beside what was made of it."""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypeVar

from services.api.photo import picture_of
from services.api.studio import CreateShotResponse
from services.cli import thumbnail
from services.cli.batch import Outcome
from services.cli.console import asides
from services.cli.sheet import Picture, lay_out, save_sheet
from services.common.image import ImageLimits

T = TypeVar("T")

MAX_SHEET_BYTES: Final = 1_500_000


def write_pages(
    out: Path, photos: Sequence[Path], outcomes: Sequence[Outcome], limits: ImageLimits, across: int, rows: int
) -> None:
    """Write `contact_sheet_1.jpg` and as many more as it takes, and say where they are.

    Args:
        out: Folder for them.
        photos: In reading order.
        outcomes: What was made of them.
        limits: Of the photos.
        across: Photos in a row, each followed by its pictures.
        rows: Of one sheet.
    """
    for number, page in enumerate(_in_runs(photos, across * rows), start=1):
        path = out / f"contact_sheet_{number}.jpg"
        _write_page(path, page, outcomes, limits, across)
        asides().print(f"See {path}")


def _write_page(
    path: Path, photos: Sequence[Path], outcomes: Sequence[Outcome], limits: ImageLimits, across: int
) -> None:
    blocks = [_block(photo, [each for each in outcomes if each.job.photo == photo], limits) for photo in photos]
    rows = [list(itertools.chain(*row)) for row in _in_runs(blocks, across)]
    sheet = lay_out(rows, "Vitrine", f"{photos[0].name} to {photos[-1].name}")
    path.parent.mkdir(parents=True, exist_ok=True)
    save_sheet(sheet, path, MAX_SHEET_BYTES)


def _in_runs(each: Sequence[T], length: int) -> list[Sequence[T]]:
    return [each[start : start + length] for start in range(0, len(each), length)]


def _block(photo: Path, outcomes: Sequence[Outcome], limits: ImageLimits) -> list[Picture]:
    pictures = [Picture(thumbnail.of_photo(photo, limits), photo.stem)]
    for outcome in outcomes:
        if outcome.answer is not None and (made := picture_of(outcome.answer)) is not None:
            pictures.append(Picture(thumbnail.of_result(made.content), _title(outcome)))
    return pictures


def _title(outcome: Outcome) -> str:
    return outcome.answer.scene_id if isinstance(outcome.answer, CreateShotResponse) else outcome.job.label

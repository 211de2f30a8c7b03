"""Contact sheets of many photos: each beside what was made of it."""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypeVar

from PIL import Image

from services.api.photo import picture_of
from services.api.studio import CreateShotResponse
from services.cli import thumbnail
from services.cli.batch import Job, Outcome, name_of
from services.cli.console import asides
from services.cli.sheet import FAINT, Picture, lay_out, save_sheet
from services.common.image import ImageLimits

T = TypeVar("T")

MAX_SHEET_BYTES: Final = 1_500_000


class ContactSheets:
    """`contact_sheet_1.jpg` and as many more as it takes, each written as soon as its pictures are there.

    So whatever ends the command early, a killed process included, leaves the sheets of what was done before.

    Args:
        out: Folder for them.
        jobs: All pictures, in reading order.
        limits: Of the photos.
        across: Photos in a row, each followed by its pictures.
        rows: Of one sheet.
    """

    def __init__(self, out: Path, jobs: Sequence[Job], limits: ImageLimits, across: int, rows: int) -> None:
        self._out = out
        self._limits = limits
        self._across = across
        by_photo: dict[Path | str, list[Job]] = {}
        for job in jobs:
            by_photo.setdefault(job.photo, []).append(job)
        self._pages = _in_runs(list(by_photo.values()), across * rows)
        self._outcomes: dict[Job, Outcome] = {}
        self._written: set[int] = set()

    def add(self, outcome: Outcome) -> None:
        """Take one picture's outcome, and write the sheets that lack no other, which takes a second for each."""
        self._outcomes[outcome.job] = outcome
        for number, page in enumerate(self._pages):
            if number not in self._written and all(job in self._outcomes for photo in page for job in photo):
                self._write(number)

    def finish(self) -> None:
        """Write the sheets that still lack pictures, with those that are there; none of which nothing is."""
        for number, page in enumerate(self._pages):
            if number not in self._written and any(job in self._outcomes for photo in page for job in photo):
                self._write(number)

    def _write(self, number: int) -> None:
        page = self._pages[number]
        rows = [list(itertools.chain(*map(self._block, row))) for row in _in_runs(page, self._across)]
        sheet = lay_out(rows, "Vitrine", f"{name_of(page[0][0].photo)} to {name_of(page[-1][0].photo)}")
        path = self._out / f"contact_sheet_{number + 1}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        save_sheet(sheet, path, MAX_SHEET_BYTES)
        self._written.add(number)
        asides().print(f"See {path}")

    def _block(self, jobs: Sequence[Job]) -> list[Picture]:
        """A photo and its pictures, in whose places stands what did not come."""
        photo = thumbnail.of_photo(jobs[0].photo, self._limits)
        pictures = [Picture(photo, name_of(jobs[0].photo).stem)]
        for job in jobs:
            outcome = self._outcomes.get(job)
            made = None if outcome is None or outcome.answer is None else picture_of(outcome.answer)
            if outcome is not None and made is not None:
                pictures.append(Picture(thumbnail.of_result(made.content), _title(outcome)))
            else:
                pictures.append(Picture(Image.new("RGB", photo.size, FAINT), job.label, "failed"))
        return pictures


def _in_runs(each: Sequence[T], length: int) -> list[Sequence[T]]:
    return [each[start : start + length] for start in range(0, len(each), length)]


def _title(outcome: Outcome) -> str:
    return outcome.answer.scene_id if isinstance(outcome.answer, CreateShotResponse) else outcome.job.label

"""Contact sheets of photos that were held against rules, each beside what a fix made of it."""

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from services.api.lint import LintPhotoResponse
from services.cli import thumbnail
from services.cli.batch import Outcome
from services.cli.sheet import Picture, lay_out, save_sheet
from services.cli.verdicts import summary
from services.common.image import ImageLimits

#: Photos and rule sets on one sheet, two of them in a row.
_PER_SHEET: Final = 12
_MAX_SHEET_BYTES: Final = 1_500_000


def write_sheets(out: Path, outcomes: Sequence[Outcome], limits: ImageLimits) -> Iterator[Path]:
    """Write `contact_sheet_1.jpg` and so on, and tell where each is.

    Args:
        out: Folder.
        outcomes: In reading order.
        limits: Of photos.
    """
    out.mkdir(parents=True, exist_ok=True)
    for number, start in enumerate(range(0, len(outcomes), _PER_SHEET), start=1):
        page = outcomes[start : start + _PER_SHEET]
        blocks = [_shown(each, limits) for each in page]
        rows = [[*itertools.chain(*blocks[first : first + 2])] for first in range(0, len(blocks), 2)]
        path = out / f"contact_sheet_{number}.jpg"
        save_sheet(lay_out(rows, "Vitrine", f"{_name(page[0])} to {_name(page[-1])}"), path, _MAX_SHEET_BYTES)
        yield path


def _shown(outcome: Outcome, limits: ImageLimits) -> list[Picture]:
    answer = outcome.answer
    photo = thumbnail.of_photo(outcome.job.photo, limits)
    if not isinstance(answer, LintPhotoResponse):
        return [Picture(photo, _name(outcome), outcome.job.label)]
    before = Picture(photo, _name(outcome), outcome.job.label, summary(answer.verdict))
    if answer.fix is None or answer.picture is None:
        return [before]
    made = thumbnail.of_result(answer.picture.content)
    size = f"{answer.picture.width} x {answer.picture.height} px"
    return [before, Picture(made, "with the fix", size, summary(answer.fix.verdict))]


def _name(outcome: Outcome) -> str:
    return Path(str(outcome.job.photo)).stem

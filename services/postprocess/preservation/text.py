"""What could be read on the product before and after: lines of print, and how many characters changed."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

#: Lines that are lower can't be read with certainty.
_LEGIBLE_PX: Final = 12.0


@dataclass(frozen=True)
class TextLine:
    """One line of print.

    Args:
        before, after: What was read there.
        box_yx: (4, 2) float32, its corners, row and column, clockwise from the top left as one reads.
        height_px: Of the line.
        errors: Characters to insert, drop or replace to get from one to the other, spaces not counted.
    """

    before: str
    after: str
    box_yx: NDArray[np.float32]
    height_px: float
    errors: int

    @property
    def middle_yx(self) -> tuple[int, int]:
        """Row and column."""
        row, column = self.box_yx.mean(axis=0)
        return round(float(row)), round(float(column))


@dataclass(frozen=True)
class TextChange:
    """All lines that could be read, before or after.

    Args:
        lines: From the top.
        error_rate: Errors per character, of the longer of both readings; 0 without text.
        exact: Share of the lines of 12 px or more, 0 to 1, that read the same; None without such lines.
        worst_yx: Middle of the line with most errors, in pixels of the arrays; None without errors.
        unread: Lines that changed, but were too many to be read.
    """

    lines: tuple[TextLine, ...]
    error_rate: float
    exact: float | None
    worst_yx: tuple[int, int] | None
    unread: int = 0

    def placed(self, scale: float, top: int, left: int) -> "TextChange":
        """The same on a picture that was reduced by `scale` from (top, left) on."""
        lines = (
            replace(line, box_yx=line.box_yx / np.float32(scale) + np.array([top, left], np.float32))
            for line in self.lines
        )
        return summarised(tuple(lines), self.unread)

    def where(self, kept: Callable[[tuple[int, int]], bool]) -> "TextChange":
        """Only the lines whose middle, row and column, is kept."""
        return summarised(tuple(line for line in self.lines if kept(line.middle_yx)), self.unread)


def summarised(lines: tuple[TextLine, ...], unread: int = 0) -> TextChange:
    """Rates over lines that were read before and after."""
    characters = sum(max(len(plain(line.before)), len(plain(line.after))) for line in lines)
    legible = [line for line in lines if line.height_px >= _LEGIBLE_PX]
    worst = max(lines, key=lambda line: line.errors, default=None)
    return TextChange(
        lines=lines,
        error_rate=sum(line.errors for line in lines) / max(characters, 1),
        exact=sum(not line.errors for line in legible) / len(legible) if legible else None,
        worst_yx=worst.middle_yx if worst is not None and worst.errors else None,
        unread=unread,
    )


def edit_distance(first: str, second: str) -> int:
    """Least number of characters to insert, drop or replace (Levenshtein)."""
    row = list(range(len(second) + 1))
    for index, character in enumerate(first, 1):
        diagonal, row[0] = row[0], index
        for column, other in enumerate(second, 1):
            replaced = diagonal + (character != other)
            diagonal, row[column] = row[column], min(replaced, row[column] + 1, row[column - 1] + 1)
    return row[-1]


def read_line(box: NDArray[np.float32], before: str, after: str) -> TextLine:
    """A line that was read twice; `box` holds its corners, (4, 2) float32, columns and rows as RapidOCR has them."""
    height = (np.linalg.norm(box[3] - box[0]) + np.linalg.norm(box[2] - box[1])) / 2
    errors = edit_distance(plain(before), plain(after))
    return TextLine(before, after, box[:, ::-1], float(height), errors)


def plain(text: str) -> str:
    """One form for each character, and no spaces, which recognition sets as it likes."""
    return "".join(unicodedata.normalize("NFKC", text).split())

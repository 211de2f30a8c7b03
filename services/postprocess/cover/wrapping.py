"""A text broken into rows."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Final

#: Steps by which rows of even length are looked for; a width is then known to 2 %.
_STEPS: Final = 6


def wrapped(text: str, width: float, measure: Callable[[str], float]) -> list[str] | None:
    """The fewest rows that a text takes within a width, of lengths as even as that allows.

    A row ends after a space, a hyphen or a dash, and between any two characters of scripts that are written without
    spaces (East Asian wide ones). That is less than Unicode's line breaking (UAX #14) knows, and all that titles need.

    Args:
        text: Not empty.
        width: Of the longest row.
        measure: Tells how long a row is, in the width's unit.

    Returns:
        None where a part that can't be broken is longer than a row.
    """
    pieces = _pieces(text)
    rows = _filled(pieces, width, measure)
    if rows is None or len(rows) == 1:
        return rows
    narrow, wide = width / len(rows), width
    for _ in range(_STEPS):
        middle = (narrow + wide) / 2
        tried = _filled(pieces, middle, measure)
        if tried is not None and len(tried) == len(rows):
            rows, wide = tried, middle
        else:
            narrow = middle
    return rows


def _filled(pieces: list[str], width: float, measure: Callable[[str], float]) -> list[str] | None:
    """Each row as full as it gets."""
    rows = [""]
    for piece in pieces:
        if measure(piece.strip()) > width:
            return None
        if rows[-1] and measure((rows[-1] + piece).strip()) > width:
            rows.append("")
        rows[-1] += piece
    return [row.strip() for row in rows]


def _pieces(text: str) -> list[str]:
    """Parts that no row's end divides; together they are the text."""
    return [part for word in re.findall(r"[^ ]+ *", text) for part in _parts(word)]


def _parts(word: str) -> Iterator[str]:
    start = 0
    for at, (before, after) in enumerate(pairwise(word), start=1):
        hyphen = before in "-\u2010\u2013\u2014/" and after.isalpha() and at > 1
        if hyphen or (_wide(before) and _wide(after)):
            yield word[start:at]
            start = at
    yield word[start:]


def _wide(character: str) -> bool:
    """Whether rows may end on either side of it; not so of punctuation, which stays with what it follows."""
    return unicodedata.east_asian_width(character) in "WF" and unicodedata.category(character).startswith("L")

"""The words of a magazine cover, and what became of them on the picture."""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from services.common.geometry import Box


def is_blank(text: str) -> bool:
    """Whether nothing of a text can be seen: it has neither letters, marks, digits, punctuation nor other signs."""
    return not any(unicodedata.category(character)[0] in "LMNPS" for character in text)


class Typeface(StrEnum):
    """What masthead and headline are set in; all other words are set in the same sans serif either way."""

    SERIF = "SERIF"
    SANS = "SANS"


class CoverPart(StrEnum):
    """What a text on a cover is."""

    MASTHEAD = "MASTHEAD"
    ISSUE = "ISSUE"
    PRICE = "PRICE"
    HEADLINE = "HEADLINE"
    LINE = "LINE"


@dataclass(frozen=True)
class Line:
    """A cover line: a bold title, and what it says beneath; one of them may be empty."""

    title: str
    text: str


@dataclass(frozen=True)
class Cover:
    """What is written on a cover. An empty text is not there.

    Args:
        masthead: The magazine's name, behind the product.
        issue: A number or a date, at the top.
        price: At the top, on the other side.
        headline: The main story.
        lines: The others.
        color: sRGB of all words, 0 to 255 each; None = chosen where it can be read.
        typeface: Of masthead and headline.
    """

    masthead: str = ""
    issue: str = ""
    price: str = ""
    headline: str = ""
    lines: tuple[Line, ...] = ()
    color: tuple[int, int, int] | None = None
    typeface: Typeface = Typeface.SERIF


@dataclass(frozen=True)
class CoverText:
    """One text as it was set.

    Args:
        part: What it is.
        number: Which of the cover lines, from 0; 0 for all else.
        box: What its letters take of the picture.
        color: sRGB, 0 to 255 each.
        contrast: The WCAG 2 contrast, 1 to 21, that it reaches with at least 95 % of the background under and around
            its letters.
        wanted: What the rule asks for: 4.5, or 3 for large letters.
        scrim: How far the background was dimmed or lightened for it, 0 to 1.
        visible: The share of its letters that the product does not hide, 0 to 1.
    """

    part: CoverPart
    number: int
    box: Box
    color: tuple[int, int, int]
    contrast: float
    wanted: float
    scrim: float
    visible: float

"""Text cut into runs that are shaped at one go, in the order in which they stand on the page."""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeVar

from bidi import algorithm

from services.postprocess.cover.typecase import JOINERS, Font

T = TypeVar("T")


@dataclass(frozen=True)
class Run:
    """Neighbouring characters in one font and one direction, in the order in which they are read."""

    text: str
    font: Font
    leftwards: bool


@dataclass(frozen=True)
class Order:
    """The runs of a row from left to right, and whether it is read from right to left as a whole."""

    runs: tuple[Run, ...]
    leftwards: bool


def runs_of(text: str, fonts: Sequence[Font]) -> Order:
    """The runs of a row.

    Directions are those of the Unicode bidirectional algorithm (UAX #9), up to its reordering of levels (rule L2),
    which is done for runs here: HarfBuzz turns the characters of a run itself.

    Args:
        text: One row, of characters that the fonts have, and none that formats directions.
        fonts: In the order they are tried.
    """
    levels = _levels(text)
    chosen = _fonts_of(text, fonts)
    parts = groupby(range(len(text)), key=lambda at: (levels[at], id(chosen[at])))
    runs = []
    for (level, _), places in parts:
        spread = list(places)
        row = text[spread[0] : spread[-1] + 1]
        runs.append((level, Run(row, chosen[spread[0]], bool(level % 2))))
    visual = _reordered(runs, lambda each: each[0])
    return Order(tuple(run for _, run in visual), bool(algorithm.get_base_level(text)))


def _levels(text: str) -> list[int]:
    """The embedding level of every character."""
    storage: dict[str, Any] = algorithm.get_empty_storage()
    base = algorithm.get_base_level(text)
    storage.update(base_level=base, base_dir="LR"[base])
    algorithm.get_embedding_levels(text, storage)
    characters = list(storage["chars"])
    algorithm.explicit_embed_and_overrides(storage)
    algorithm.resolve_weak_types(storage)
    algorithm.resolve_neutral_types(storage, debug=False)
    algorithm.resolve_implicit_levels(storage, debug=False)
    return _joined([each["level"] if each["ch"] not in JOINERS else None for each in characters], base)


def _joined(levels: Iterable[int | None], base: int) -> list[int]:
    """Joiners, which the algorithm takes out, get the level of what stands before them."""
    found: list[int] = []
    for level in levels:
        found.append(level if level is not None else found[-1] if found else base)
    return found


def _fonts_of(text: str, fonts: Sequence[Font]) -> list[Font]:
    """A font for every character: the first that has all letters of the text, for what it has; else the first that has
    the character, where marks, spaces and signs stay in the font of what stands before them if they can."""
    letters = "".join(each for each in text if _is_letter(each))
    whole = next((font for font in fonts if font.has(letters)), fonts[0])
    chosen: list[Font] = []
    for character in text:
        stays = chosen and not _is_letter(character)
        wished = [whole, *(chosen[-1:] if stays else ()), *fonts]
        chosen.append(next((font for font in wished if font.has(character)), whole))
    return chosen


def _is_letter(character: str) -> bool:
    return unicodedata.category(character).startswith("L")


def _reordered(runs: list[T], level_of: Callable[[T], int]) -> list[T]:
    """Rule L2: from the highest level down to the lowest odd one, turn round what stands at it or above."""
    levels = [level_of(run) for run in runs]
    order = list(range(len(runs)))
    for level in range(max(levels, default=0), 0, -1):
        start = 0
        while start < len(order):
            end = start
            while end < len(order) and levels[order[end]] >= level:
                end += 1
            order[start:end] = reversed(order[start:end])
            start = max(end, start + 1)
    return [runs[at] for at in order]

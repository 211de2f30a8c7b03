"""Text to glyphs in their places: kerned, joined and in reading order, by HarfBuzz."""

from dataclasses import dataclass
from typing import Final

import uharfbuzz as hb

from services.postprocess.cover.bidi import Run, runs_of
from services.postprocess.cover.typecase import Font

#: Scripts whose letters hang together, which space between them would tear (ISO 15924).
_JOINED: Final = frozenset({"Arab", "Deva", "Syrc", "Mong", "Nkoo", "Beng", "Guru"})


@dataclass(frozen=True)
class Glyph:
    """One glyph and where its origin lies, in em from the row's own; y grows downwards."""

    font: Font
    index: int
    x: float
    y: float


@dataclass(frozen=True)
class Row:
    """A row of text, measured in em.

    Args:
        glyphs: From left to right.
        left, top, right, bottom: What their ink takes, from the row's origin on the baseline; y grows downwards.
        leftwards: Whether it is read from right to left.
    """

    glyphs: tuple[Glyph, ...]
    left: float
    top: float
    right: float
    bottom: float
    leftwards: bool

    @property
    def width(self) -> float:
        """Of its ink."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Of its ink."""
        return self.bottom - self.top


def shaped(text: str, fonts: tuple[Font, ...], tracking: float = 0.0) -> Row:
    """A text as one row.

    Args:
        text: All its characters have glyphs in the fonts.
        fonts: In the order they are tried.
        tracking: Space added between letters, in em; scripts whose letters hang together get none.
    """
    order = runs_of(text, fonts)
    glyphs: list[Glyph] = []
    pen = 0.0
    for run in order.runs:
        pen = _set(run, tracking, pen, glyphs)
    left, top, right, bottom = _ink(glyphs)
    return Row(tuple(glyphs), left, top, right, bottom, order.leftwards)


def _set(run: Run, tracking: float, pen: float, glyphs: list[Glyph]) -> float:
    """Append the glyphs of a run, and tell where the next one begins."""
    buffer = hb.Buffer()
    buffer.add_str(run.text)
    buffer.guess_segment_properties()
    buffer.direction = "rtl" if run.leftwards else "ltr"
    spaced = tracking if buffer.script not in _JOINED else 0.0
    hb.shape(run.font.shaper, buffer, {"kern": True, "liga": not spaced})
    em = run.font.units_per_em
    for info, position in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        at = pen + position.x_offset / em
        glyphs.append(Glyph(run.font, info.codepoint, at, -position.y_offset / em))
        # Marks have no advance, and stay with their letter.
        pen += position.x_advance / em + (spaced if position.x_advance else 0.0)
    return pen


def _ink(glyphs: list[Glyph]) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of what glyphs cover, in em; all 0 where that is nothing."""
    boxes = []
    for glyph in glyphs:
        extents = glyph.font.shaper.get_glyph_extents(glyph.index)
        if extents is None or not extents.width or not extents.height:
            continue
        em = glyph.font.units_per_em
        left, top = glyph.x + extents.x_bearing / em, glyph.y - extents.y_bearing / em
        boxes.append((left, top, left + extents.width / em, top - extents.height / em))
    if not boxes:
        return 0.0, 0.0, 0.0, 0.0
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)

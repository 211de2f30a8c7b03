"""Glyphs in their places."""

import pytest

from services.postprocess.cover.shaping import shaped
from services.postprocess.cover.typecase import Style, Typecase

TYPECASE = Typecase.shipped()
BOLD = TYPECASE.fonts(Style.BOLD)
SERIF = TYPECASE.fonts(Style.SERIF_NAME)


def test_letters_are_kerned():
    assert shaped("AV", SERIF).width < shaped("A", SERIF).width + shaped("V", SERIF).width


def test_tracking_parts_letters_but_not_those_that_hang_together():
    assert shaped("abc", BOLD, 0.1).width == pytest.approx(shaped("abc", BOLD).width + 0.2, abs=1e-6)
    assert shaped("سلام", BOLD, 0.1).width == shaped("سلام", BOLD).width


def test_arabic_letters_are_joined():
    alone = [shaped(letter, BOLD).glyphs[0].index for letter in "سلام"]
    joined = [glyph.index for glyph in shaped("سلام", BOLD).glyphs]
    assert joined != alone[::-1]


def test_ink_stands_on_the_baseline_and_marks_above_it():
    row = shaped("H", BOLD)
    assert row.bottom == pytest.approx(0, abs=0.01)
    assert -0.8 < row.top < -0.6
    assert shaped("É", BOLD).top < row.top - 0.1


def test_text_of_spaces_has_no_ink():
    assert shaped(" ", BOLD).width == 0

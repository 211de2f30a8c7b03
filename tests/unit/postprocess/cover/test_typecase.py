"""Which letters there are."""

import pytest

from services.postprocess.cover.typecase import Style, Typecase

TYPECASE = Typecase.shipped()

TEXTS = [
    "Vitrine “Nº 12” — £ 9.50",
    "Œuvre, Łódź, Ğ, Ñ, ß",
    "Τεύχος 3: Μόδα",
    "Зима 450 ₽",
    "אופנה 39 ₪",
    "العدد ١٢، أناقة؟",
    "फैशन ₹ २५०",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
]


@pytest.mark.parametrize("style", list(Style))
@pytest.mark.parametrize("text", TEXTS)
def test_shipped_letters_cover_their_scripts_in_every_style(text, style):
    assert TYPECASE.missing(text, style) is None


@pytest.mark.parametrize(
    ("text", "at"), [("時尚", 0), ("No 1 👗", 5), ("a\u202eb", 1), ("a\u2029b", 1), ("a\U000e0041", 1), ("x\u0378", 1)]
)
def test_character_without_a_glyph_is_found(text, at):
    assert TYPECASE.missing(text, Style.BOLD) == at


def test_fonts_are_made_for_each_caller_anew():
    first, second = TYPECASE.fonts(Style.BOLD)[0], TYPECASE.fonts(Style.BOLD)[0]
    assert first.shaper is not second.shaper

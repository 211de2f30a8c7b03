"""Runs stand on the page in the order of the Unicode bidirectional algorithm."""

import pytest

from services.postprocess.cover.bidi import runs_of
from services.postprocess.cover.typecase import Style, Typecase

FONTS = Typecase.shipped().fonts(Style.BOLD)


@pytest.mark.parametrize(
    ("text", "runs", "leftwards"),
    [
        ("Vitrine", [("Vitrine", False)], False),
        ("Vitrine אופנה 12", [("Vitrine ", False), ("12", False), ("אופנה ", True)], False),
        ("אופנה Vitrine", [("Vitrine", False), ("אופנה ", True)], True),
        ("גיליון 12", [("12", False), ("גיליון ", True)], True),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            [("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", True)],
            True,
        ),
        ("\u200dab", [("\u200dab", False)], False),
    ],
)
def test_runs_are_in_the_order_they_stand_in(text, runs, leftwards):
    order = runs_of(text, FONTS)
    assert [(run.text, run.leftwards) for run in order.runs] == runs
    assert order.leftwards is leftwards


def test_letters_of_one_text_are_of_one_font_and_a_sign_that_it_lacks_is_of_another():
    first, second = runs_of("Зима 450 ₽", FONTS).runs
    assert (first.text, second.text) == ("Зима 450 ", "₽")
    assert first.font is FONTS[0]
    assert second.font is not FONTS[0]


def test_every_character_is_set_once():
    text = "Ω Vitrine, אופנה (12) أناقة — फैशन ₹!"
    assert sorted("".join(run.text for run in runs_of(text, FONTS).runs)) == sorted(text)

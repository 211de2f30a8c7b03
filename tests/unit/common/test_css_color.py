import pytest
from PIL import ImageColor

from services.common.css_color import css_rgb, hex_of


@pytest.mark.parametrize(
    ("text", "rgb"),
    [
        ("seagreen", (46, 139, 87)),
        ("RebeccaPurple", (102, 51, 153)),
        ("grey", (128, 128, 128)),
        ("#2E8b57", (46, 139, 87)),
        ("#000000", (0, 0, 0)),
    ],
)
def test_colour_is_read_by_its_name_or_its_numbers(text, rgb):
    assert css_rgb(text) == rgb
    assert css_rgb(hex_of(rgb)) == rgb


@pytest.mark.parametrize("text", ["", "#fff", "#2e8b5", "#\u0662e8b57", "rgb(1,2,3)", "seagreen ", "#2e8b5\n"])
def test_text_that_is_no_colour_is_refused(text):
    with pytest.raises(ValueError, match="a colour is wanted"):
        css_rgb(text)


def test_name_that_pillow_was_asked_for_is_still_one():
    ImageColor.getrgb("tomato")
    assert css_rgb("tomato") == (255, 99, 71)


def test_misspelt_name_is_answered_with_those_that_are_like_it():
    with pytest.raises(ValueError, match="seagreen"):
        css_rgb("seagren")

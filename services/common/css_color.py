"""Colours as CSS writes them: one of its names, or #rrggbb (https://www.w3.org/TR/css-color-4/#named-colors)."""

import re
from difflib import get_close_matches

from PIL import ImageColor

#: sRGB, 0 to 255.
RGB = tuple[int, int, int]


def css_rgb(text: str) -> RGB:
    """The colour that a text names, in capitals or not.

    Raises:
        ValueError: It names none; says which names are like it.
    """
    value = text.lower()
    if value not in ImageColor.colormap and not re.fullmatch(r"#[0-9a-f]{6}", value):
        alike = get_close_matches(value[:40], ImageColor.colormap, n=3)
        hint = f"; alike are {', '.join(alike)}" if alike else ""
        raise ValueError(f"a colour is wanted, by its name in CSS or as #rrggbb{hint}")
    found = ImageColor.getrgb(value)
    return found[0], found[1], found[2]


def hex_of(rgb: RGB) -> str:
    """The same as #rrggbb."""
    return f"#{bytes(rgb).hex()}"

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
    if not re.fullmatch(r"#[0-9a-f]{6}", value, re.ASCII):
        found = ImageColor.colormap.get(value)
        if not isinstance(found, str):
            alike = get_close_matches(value[:40], ImageColor.colormap, n=3)
            hint = f"; alike are {', '.join(alike)}" if alike else ""
            raise ValueError(f"a colour is wanted, by its name in CSS or as #rrggbb{hint}")
        value = found
    red, green, blue = bytes.fromhex(value.removeprefix("#"))
    return red, green, blue


def hex_of(rgb: RGB) -> str:
    """The same as #rrggbb."""
    return f"#{bytes(rgb).hex()}"

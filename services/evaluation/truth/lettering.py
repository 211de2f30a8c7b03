"""Text whose size is known by the height of its x."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from services.common.errors import Internal
from services.common.geometry import SizeHW

_FINE: Final = 4


@dataclass(frozen=True)
class Line:
    """One line of text.

    Args:
        text: What it says.
        x_height_px: The height of its lower-case x.
        left, baseline: Where it begins, in pixels.
    """

    text: str
    x_height_px: float
    left: float
    baseline: float


def with_one_letter_changed(line: Line) -> Line:
    """The same line with its middle letter replaced by one of other form."""
    at = len(line.text) // 2
    while not line.text[at].isalpha():
        at += 1
    letter = "o" if line.text[at] in "ltiI1" else "l"
    return Line(line.text[:at] + letter + line.text[at + 1 :], line.x_height_px, line.left, line.baseline)


def written(size_hw: SizeHW, lines: tuple[Line, ...]) -> NDArray[np.float32]:
    """Ink of the lines, (H, W) float32, 0 to 1, in the face that comes with Pillow (Aileron, CC0)."""
    height, width = size_hw
    page = Image.new("L", (width * _FINE, height * _FINE))
    pen = ImageDraw.Draw(page)
    for line in lines:
        font = _font(line.x_height_px * _FINE)
        pen.text((line.left * _FINE, line.baseline * _FINE), line.text, 255, font, anchor="ls")
    ink = cv2.resize(np.asarray(page), (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(ink, np.float32) / np.float32(255)


def _font(x_height: float) -> ImageFont.FreeTypeFont:
    trial = ImageFont.load_default(1000)
    if not isinstance(trial, ImageFont.FreeTypeFont):
        raise Internal("Pillow here has no FreeType and can't set type of any size")
    _, top, _, bottom = trial.getbbox("x", anchor="ls")
    return trial.font_variant(size=x_height * 1000 / (bottom - top))

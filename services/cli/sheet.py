"""A page of pictures: rows that fill its width, each picture with its title below."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from services.common.errors import Internal, TooLarge

WIDTH_PX: Final = 1760
MARGIN_PX: Final = 48
GAP_PX: Final = 24
CAPTION_PX: Final = 56
HEADER_PX: Final = 104
#: Sum of the aspects of a row's pictures, about: decides how many rows there are.
ROW_ASPECT: Final = 4.0
#: Rows of few pictures would else become very tall.
MAX_ROW_PX: Final = 560

PAPER: Final = (250, 249, 247)
INK: Final = (38, 36, 34)
FAINT: Final = (128, 124, 118)
CHECK_PX: Final = 16
CHECK_LIGHT: Final = (255, 255, 255)
CHECK_DARK: Final = (226, 225, 223)


@dataclass(frozen=True)
class Picture:
    """One picture of the sheet: RGB or RGBA, what it is, a fact about it, and the name it goes by on a command line."""

    image: Image.Image
    title: str
    note: str = ""
    name: str = ""

    @property
    def aspect(self) -> float:
        """Width over height."""
        return self.image.width / self.image.height


def make_sheet(pictures: Sequence[Picture], heading: str, note: str) -> Image.Image:
    """Lay pictures out in rows that fill the width, each with its title below.

    Args:
        pictures: In reading order; transparent ones are shown on a checkerboard.
        heading: At the top left.
        note: At the top right.

    Returns:
        An RGB picture, `WIDTH_PX` wide.
    """
    return lay_out(_rows(pictures), heading, note)


def lay_out(rows: Sequence[Sequence[Picture]], heading: str, note: str) -> Image.Image:
    """The same with the rows given."""
    heights = [_row_height(row) for row in rows]
    height = HEADER_PX + sum(heights) + CAPTION_PX * len(rows) + GAP_PX * (len(rows) - 1) + MARGIN_PX // 2
    sheet = Image.new("RGB", (WIDTH_PX, height), PAPER)
    pen = ImageDraw.Draw(sheet)
    pen.text((MARGIN_PX, HEADER_PX // 2), heading, INK, _font(34), anchor="lm")
    pen.text((WIDTH_PX - MARGIN_PX, HEADER_PX // 2), note, FAINT, _font(20), anchor="rm")
    top = HEADER_PX
    for row, row_height in zip(rows, heights, strict=True):
        left = float(MARGIN_PX)
        for picture in row:
            width = picture.aspect * row_height
            _place(sheet, picture, (round(left), top, round(left + width), top + row_height))
            left += width + GAP_PX
        top += row_height + CAPTION_PX + GAP_PX
    return sheet


def save_sheet(sheet: Image.Image, path: Path, max_bytes: int) -> None:
    """Write the sheet as a JPEG below a size, at the best quality that allows it.

    Raises:
        TooLarge: Even the lowest quality needs more.
    """
    for quality in range(92, 36, -4):
        buffer = io.BytesIO()
        sheet.save(buffer, "JPEG", quality=quality, subsampling=0 if quality > 84 else 2, optimize=True)
        if buffer.tell() < max_bytes:
            path.write_bytes(buffer.getvalue())
            return
    raise TooLarge(f"the contact sheet does not fit into {max_bytes} bytes", limit=max_bytes)


def on_checkerboard(image: Image.Image) -> Image.Image:
    """A transparent picture on the pattern that stands for transparency."""
    board = Image.new("RGB", image.size, CHECK_LIGHT)
    pen = ImageDraw.Draw(board)
    for top in range(0, image.height, CHECK_PX):
        for left in range((top // CHECK_PX) % 2 * CHECK_PX, image.width, 2 * CHECK_PX):
            pen.rectangle((left, top, left + CHECK_PX - 1, top + CHECK_PX - 1), CHECK_DARK)
    board.paste(image, mask=image.getchannel("A"))
    return board


def _rows(pictures: Sequence[Picture]) -> list[list[Picture]]:
    """The pictures in rows of about the same aspect, so that they get about the same height."""
    total = sum(picture.aspect for picture in pictures)
    count = max(1, round(total / ROW_ASPECT))
    rows: list[list[Picture]] = [[] for _ in range(count)]
    passed = 0.0
    for picture in pictures:
        middle = passed + picture.aspect / 2
        rows[min(count - 1, int(middle / total * count))].append(picture)
        passed += picture.aspect
    return [row for row in rows if row]


def _row_height(row: Sequence[Picture]) -> int:
    free = WIDTH_PX - 2 * MARGIN_PX - GAP_PX * (len(row) - 1)
    return min(MAX_ROW_PX, int(free / sum(picture.aspect for picture in row)))


def _place(sheet: Image.Image, picture: Picture, box: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = box
    image = picture.image.resize((right - left, bottom - top), Image.Resampling.LANCZOS)
    sheet.paste(on_checkerboard(image) if image.mode == "RGBA" else image, (left, top))
    pen = ImageDraw.Draw(sheet)
    # White pictures need an edge on light paper.
    pen.rectangle((left, top, right - 1, bottom - 1), outline=(228, 226, 222))
    note_font = _font(18)
    pen.text((right, bottom + 22), picture.note, FAINT, note_font, anchor="rm")
    room = right - left - (note_font.getlength(picture.note) + GAP_PX / 2 if picture.note else 0)
    pen.text((left, bottom + 22), *_fitted(picture.title, room), anchor="lm")
    pen.text((left, bottom + 46), picture.name, FAINT, note_font, anchor="lm")


def _fitted(title: str, room: float) -> tuple[str, tuple[int, int, int], ImageFont.FreeTypeFont]:
    """The title, shorter if it must be, with the colour and the largest font in which it fits."""
    for size in range(22, 15, -1):
        font = _font(size)
        if font.getlength(title) <= room:
            return title, INK, font
    font = _font(16)
    while title and font.getlength(title + "…") > room:
        title = title[:-1]
    return title.rstrip() + "…", INK, font


def _font(size: int) -> ImageFont.FreeTypeFont:
    """The face that comes with Pillow (Aileron, CC0).

    Raises:
        Internal: Pillow was built without FreeType, which its wheels never are.
    """
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise Internal("Pillow here has no FreeType and can't set type of any size")
    return font

"""What a shot's cover asks of the walk: letters that there are, a page to stand on, and the texts as they are set."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from services.api.studio import Canvas, CoverText, CreateShotRequest
from services.api.studio import Cover as WantedCover
from services.common.errors import InvalidInput
from services.common.geometry import Box, SizeHW
from services.generate.scene import LayoutHints, Scene
from services.postprocess.cover.schema import Cover, CoverPart, Line, Typeface, is_blank
from services.postprocess.cover.schema import CoverText as SetText
from services.postprocess.cover.typecase import Style, Typecase
from services.workflow.answer import box_answer
from services.workflow.fit import Fit
from services.workflow.layout import Layout, plan_layout

#: The page's shorter side at least, in pixels: smaller ones have no room for letters that can be read.
MIN_PAGE_PX: Final = 480
#: The same of a page that nobody asked for, at which small letters are still sharp.
_OWN_PAGE_PX: Final = 900
#: A product on a page of 3 to 4 leaves room for words on all sides, and reaches into the masthead where it is tall.
_PAGE: Final = LayoutHints(padding=0.2, foot_x=0.5, foot_y=0.93, aspect=0.75)


def cover_of(wanted: WantedCover | None) -> Cover | None:
    """The cover's texts in one form: characters composed (NFC), spaces single, none around."""
    if wanted is None:
        return None
    color = bytes.fromhex(wanted.color.removeprefix("#")) if wanted.color else None
    return Cover(
        masthead=_clean(wanted.masthead),
        issue=_clean(wanted.issue),
        price=_clean(wanted.price),
        headline=_clean(wanted.headline),
        lines=tuple(Line(_clean(line.title), _clean(line.text)) for line in wanted.lines),
        color=(color[0], color[1], color[2]) if color else None,
        typeface=wanted.typeface or Typeface.SERIF,
    )


class CoverPolicy:
    """Which covers can be set, with the letters that are shipped."""

    def __init__(self) -> None:
        self._typecase = Typecase.shipped()

    def check(self, request: CreateShotRequest) -> None:
        """Refuse a cover that can't be set, whatever the photo shows.

        Raises:
            InvalidInput: The canvas that the request names is too small, or no font has a glyph for a character;
                details name the field, and of a character its code point.
        """
        cover = cover_of(request.cover)
        if cover is None:
            return
        canvas = request.canvas
        if canvas.width and min(canvas.width, canvas.height) < MIN_PAGE_PX:
            raise InvalidInput(
                f"a cover needs {MIN_PAGE_PX} pixels on each side, got a canvas of {canvas.width} x {canvas.height}",
                field="canvas.width" if canvas.width < MIN_PAGE_PX else "canvas.height", limit=MIN_PAGE_PX,
            )  # fmt: skip
        for field, text, style in _texts(cover):
            at = self._typecase.missing(text, style)
            if at is None:
                continue
            point = f"U+{ord(text[at]):04X}"
            name = unicodedata.name(text[at], "not assigned")
            shown = f"{text[at]!r} ({point} {name})" if text[at].isprintable() else f"{point} ({name})"
            raise InvalidInput(
                f"{field}: no font of the service has a glyph for {shown}; covers are set in Latin, Greek, Cyrillic, "
                "Hebrew, Arabic and Devanagari letters",
                field=field, got=point, character=text[at], position=at,
            )  # fmt: skip


def plan_page(photo_hw: SizeHW, box: Box, scene: Scene, canvas: Canvas, fit: Fit, max_canvas_px: int) -> Layout:
    """Place a product as covers do, where the request does not say otherwise: with room for words on all sides, on a
    page of 3 to 4 that is large enough for them.

    Args and errors are those of `plan_layout`.
    """
    scene = scene.model_copy(update={"layout": _PAGE})
    layout = plan_layout(photo_hw, box, scene, canvas, fit, max_canvas_px)
    if canvas.width or min(layout.placement.canvas_hw) >= _OWN_PAGE_PX:
        return layout
    height = min(max_canvas_px, round(_OWN_PAGE_PX / _PAGE.aspect))
    page = canvas.model_copy(update={"width": round(height * _PAGE.aspect), "height": height})
    return plan_layout(photo_hw, box, scene, page, fit, max_canvas_px)


def cover_answer(text: SetText) -> CoverText:
    """A text as it was set, in the contract's words."""
    return CoverText(
        part=text.part,
        line=text.number + 1 if text.part is CoverPart.LINE else 0,
        box=box_answer(text.box),
        color="#{:02x}{:02x}{:02x}".format(*text.color),
        contrast=text.contrast,
        contrast_wanted=text.wanted,
        scrim=text.scrim,
        visible=text.visible,
    )


def _texts(cover: Cover) -> Iterator[tuple[str, str, Style]]:
    """Every text with its field and the style that it is set in."""
    sans = cover.typeface is Typeface.SANS
    yield "cover.masthead", cover.masthead, Style.SANS_NAME if sans else Style.SERIF_NAME
    yield "cover.issue", cover.issue, Style.STRIP
    yield "cover.price", cover.price, Style.STRIP
    yield "cover.headline", cover.headline, Style.SANS if sans else Style.SERIF
    for number, line in enumerate(cover.lines):
        yield f"cover.lines.{number}.title", line.title, Style.BOLD
        yield f"cover.lines.{number}.text", line.text, Style.PLAIN


def _clean(text: str) -> str:
    return "" if is_blank(text) else re.sub(" +", " ", unicodedata.normalize("NFC", text)).strip()

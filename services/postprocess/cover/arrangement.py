"""Where each text of a cover stands: the masthead across the top, all else where the product leaves room."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.common.errors import InvalidInput
from services.postprocess.cover.block import Block, Copy, SetRow, Side, stacked
from services.postprocess.cover.contrast import LARGE_BOLD_PT, LARGE_PT
from services.postprocess.cover.masthead import set_masthead
from services.postprocess.cover.page import Page, Space
from services.postprocess.cover.schema import Cover, CoverPart, Typeface
from services.postprocess.cover.typecase import Style
from services.postprocess.cover.typesetter import Typesetter

#: Sizes of type as shares of the page's shorter side. Headline and lines shrink together until there is room for all.
_STRIP: Final = 0.0185
_HEADLINE: Final = 0.105
_LINE: Final = 0.047
_SHRINK: Final = 0.93
_LEAST: Final = 0.46
#: No letter is set smaller, in pixels to the em.
_LEAST_PX: Final = 9.0
#: A line's text beside its title.
_BENEATH: Final = 0.64

#: Kept free between texts and around the product, as shares of the shorter side.
_BETWEEN: Final = 0.03
_AROUND: Final = 0.016

#: Columns that are tried, as shares of the page between its margins.
_COLUMNS: Final = (0.6, 0.5, 0.42, 0.36, 0.3, 0.25, 0.2)
#: By choice the headline ends here, as a share of the page's height, and has few rows.
_HEADLINE_AT: Final = 0.94
_HEADLINE_ROWS: Final = 4
_LINE_ROWS: Final = 7


@dataclass(frozen=True)
class _Text:
    """A text that has yet to be placed.

    Args:
        part, number: See `Block`.
        copies: What it consists of.
        field: Of the request.
        size: Of its type where there is room, in pixels.
    """

    part: CoverPart
    number: int
    copies: tuple[Copy, ...]
    field: str
    size: float = 0.0


@dataclass(frozen=True)
class _Place:
    """Rows that could stand somewhere, and how far that is from what is wished for."""

    cost: float
    rows: tuple[SetRow, ...]


class Arrangement:
    """Sets the texts of one cover.

    Args:
        cover: What is set.
        page: What on.
        hidden: (H, W) bool, where any of the product is seen.
        setter: Makes rows.
    """

    def __init__(self, cover: Cover, page: Page, hidden: NDArray[np.bool_], setter: Typesetter) -> None:
        self._cover = cover
        self._page = page
        self._hidden = hidden
        self._setter = setter
        sans = cover.typeface is Typeface.SANS
        self._name, self._display = (Style.SANS_NAME, Style.SANS) if sans else (Style.SERIF_NAME, Style.SERIF)
        self._space = Space(page, hidden, page.at_size(_AROUND))

    def blocks(self) -> list[Block]:
        """All texts in the order of `CoverPart`, lines in the cover's.

        Raises:
            InvalidInput: There is no room for one; details name its field.
        """
        strips, homeless = self._strips()
        top = max([self._page.margin, *(block.extent.bottom + self._page.at_size(_BETWEEN) for block in strips)])
        name = self._masthead(top)
        below = max([top, *(block.extent.bottom for block in name)])
        placed = self._placed([*homeless, *self._texts()], below)
        order = list(CoverPart)
        return sorted([*strips, *name, *placed], key=lambda block: (order.index(block.part), block.number))

    def _strips(self) -> tuple[list[Block], list[_Text]]:
        """Issue and price in the top corners, and those whose corner the product takes."""
        page, blocks, homeless = self._page, list[Block](), list[_Text]()
        size = max(page.at_size(_STRIP), _LEAST_PX)
        first, last = (Side.RIGHT, Side.LEFT) if self._leftwards(self._cover.issue) else (Side.LEFT, Side.RIGHT)
        strips = (CoverPart.ISSUE, self._cover.issue, first), (CoverPart.PRICE, self._cover.price, last)
        for part, words, side in strips:
            if not words:
                continue
            text = _Text(part, 0, (Copy(words, Style.STRIP, 1.0, 1.3),), f"cover.{part.lower()}")
            rows = stacked(text.copies, self._setter, size, page.margin, page.inner_width, side) or []
            block = _block(text, [row.lowered(page.margin) for row in rows], size, page) if len(rows) == 1 else None
            if block is None or not self._space.free(block.extent):
                homeless.append(replace(text, size=size))
                continue
            blocks.append(block)
            self._space.take(block.extent, page.at_size(_BETWEEN))
        return blocks, homeless

    def _leftwards(self, text: str) -> bool:
        return bool(text) and self._setter.row(text, Style.STRIP).leftwards

    def _masthead(self, top: float) -> list[Block]:
        if not self._cover.masthead:
            return []
        row = set_masthead(self._cover.masthead, self._name, self._page, top, self._hidden, self._setter)
        self._space.take(row.extent, self._page.at_size(_BETWEEN))
        return [Block(CoverPart.MASTHEAD, 0, (row,), large=True)]

    def _texts(self) -> Iterator[_Text]:
        """The headline and the lines."""
        if self._cover.headline:
            copy = Copy(self._cover.headline, self._display, 1.0, 1.02)
            yield _Text(CoverPart.HEADLINE, 0, (copy,), "cover.headline", self._page.at_size(_HEADLINE))
        for number, line in enumerate(self._cover.lines):
            title, beneath = Copy(line.title, Style.BOLD, 1.0, 1.12), Copy(line.text, Style.PLAIN, _BENEATH, 1.25)
            copies = tuple(copy for copy in (title, beneath) if copy.text)
            yield _Text(CoverPart.LINE, number, copies, f"cover.lines.{number}", self._page.at_size(_LINE))

    def _placed(self, texts: Sequence[_Text], below: float) -> list[Block]:
        """All of them at the largest size that leaves room for each."""
        shrunk = 1.0
        while True:
            blocks, space = list[Block](), self._space.copy()
            missed = next((text for text in texts if not self._place(text, shrunk, below, space, blocks)), None)
            if missed is None:
                return blocks
            shrunk *= _SHRINK
            if shrunk < _LEAST:
                raise InvalidInput(
                    f"{missed.field}: there is no room for it beside the product; say less, or make the product "
                    "smaller (canvas.padding, canvas.scale)",
                    field=missed.field,
                )

    def _place(self, text: _Text, shrunk: float, below: float, space: Space, blocks: list[Block]) -> bool:
        """Put a text where it fits best, and tell whether it fits anywhere."""
        size = max(text.size * shrunk, _LEAST_PX / min(copy.share for copy in text.copies))
        if text.part is CoverPart.HEADLINE:
            places = self._headlines(text, size, space)
        else:
            places = self._columns(text, size, below, space, blocks)
        best = min(places, key=lambda place: place.cost, default=None)
        if best is None:
            return False
        blocks.append(_block(text, best.rows, size, self._page))
        space.take(blocks[-1].extent, self._page.at_size(_BETWEEN))
        return True

    def _headlines(self, text: _Text, size: float, space: Space) -> Iterator[_Place]:
        """Places for the headline: low on the page, where its reading begins before all."""
        height = self._page.size_hw[0]
        leftwards = self._setter.row(text.copies[0].text, self._display).leftwards
        for rank, side in enumerate((Side.RIGHT, Side.LEFT) if leftwards else (Side.LEFT, Side.RIGHT)):
            for share in (1.0, 0.8, *_COLUMNS):
                rows = self._stack(text, size, share, side)
                if not rows or len(rows) > _HEADLINE_ROWS:
                    continue
                tops = space.tops([row.extent for row in rows])
                if not len(tops):
                    continue
                off = np.abs((tops + rows[-1].extent.bottom) / height - _HEADLINE_AT)
                at = int(off.argmin())
                cost = float(off[at]) + 0.03 * len(rows) + 0.02 * rank
                yield _Place(cost, tuple(row.lowered(float(tops[at])) for row in rows))

    def _columns(
        self, text: _Text, size: float, below: float, space: Space, blocks: Sequence[Block]
    ) -> Iterator[_Place]:
        """Places for a line in the columns at the page's sides: in the emptier one, spread down the page."""
        height = self._page.size_hw[0]
        turns = max(1, math.ceil(len(self._cover.lines) / 2))
        wished = below + (text.number // 2) / turns * (0.9 * height - below)
        leftwards = self._setter.row(text.copies[0].text, text.copies[0].style).leftwards
        for rank, side in enumerate((Side.RIGHT, Side.LEFT) if leftwards else (Side.LEFT, Side.RIGHT)):
            above = [block.extent.bottom for block in blocks if _is_in(block, side, self._page)]
            after = max([below, *above])
            for share in _COLUMNS:
                rows = self._stack(text, size, share, side)
                if not rows or len(rows) > _LINE_ROWS:
                    continue
                tops = space.tops([row.extent for row in rows])
                tops = tops[tops >= after]
                if not len(tops):
                    continue
                off = np.abs(tops - wished) / height
                at = int(off.argmin())
                cost = float(off[at]) + 0.02 * len(rows) + 0.3 * len(above) + 0.1 * rank
                yield _Place(cost, tuple(row.lowered(float(tops[at])) for row in rows))

    def _stack(self, text: _Text, size: float, share: float, side: Side) -> list[SetRow] | None:
        """A text in a column at a side of the page."""
        width = share * self._page.inner_width
        left = self._page.margin + side.value * (self._page.inner_width - width)
        return stacked(text.copies, self._setter, size, left, width, side)


def _block(text: _Text, rows: Sequence[SetRow], size: float, page: Page) -> Block:
    large = all(
        size * copy.share >= (LARGE_BOLD_PT if copy.style.bold else LARGE_PT) * page.point for copy in text.copies
    )
    return Block(text.part, text.number, tuple(rows), large)


def _is_in(block: Block, side: Side, page: Page) -> bool:
    """Whether a line's block stands at a side of the page."""
    extent = block.extent
    middle = Side.LEFT if extent.left + extent.right < page.size_hw[1] else Side.RIGHT
    return block.part is not CoverPart.HEADLINE and middle is side

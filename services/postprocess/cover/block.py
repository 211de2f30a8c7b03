"""Rows of text set together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from services.postprocess.cover.page import Extent
from services.postprocess.cover.schema import CoverPart
from services.postprocess.cover.shaping import Row
from services.postprocess.cover.typecase import Style
from services.postprocess.cover.typesetter import Typesetter
from services.postprocess.cover.wrapping import wrapped

#: Between the ink of two rows there is at least so much of the type's size, whatever marks the script stacks up.
_CLEAR: Final = 0.1


class Side(Enum):
    """Where rows are flush: as a share of what they leave free, what lies left of them."""

    LEFT = 0.0
    MIDDLE = 0.5
    RIGHT = 1.0


@dataclass(frozen=True)
class Copy:
    """A text and how it is set.

    Args:
        text: Not empty.
        style: Of its letters.
        share: Of the block's size.
        leading: From one row's baseline to the next, in em.
    """

    text: str
    style: Style
    share: float
    leading: float


@dataclass(frozen=True)
class SetRow:
    """A row on the page: the type's size, where the row's origin is, all in pixels."""

    row: Row
    size: float
    x: float
    baseline: float

    @property
    def extent(self) -> Extent:
        """What its ink takes."""
        return Extent(
            self.x + self.row.left * self.size,
            self.baseline + self.row.top * self.size,
            self.x + self.row.right * self.size,
            self.baseline + self.row.bottom * self.size,
        )

    def lowered(self, by: float) -> "SetRow":
        """The same further down the page."""
        return SetRow(self.row, self.size, self.x, self.baseline + by)


@dataclass(frozen=True)
class Block:
    """One text of a cover, set.

    Args:
        part: What it is.
        number: Which of the cover lines, from 0; 0 for all else.
        rows: From the top; there is one at least.
        large: Whether the contrast rule counts it as large.
    """

    part: CoverPart
    number: int
    rows: tuple[SetRow, ...]
    large: bool

    @property
    def extent(self) -> Extent:
        """What its ink takes."""
        parts = [row.extent for row in self.rows]
        return Extent(
            min(part.left for part in parts),
            min(part.top for part in parts),
            max(part.right for part in parts),
            max(part.bottom for part in parts),
        )


def _measure(setter: Typesetter, style: Style) -> Callable[[str], float]:
    """How wide a row of the style is, in em."""
    return lambda text: setter.row(text, style).width


def stacked(
    copies: Sequence[Copy], setter: Typesetter, size: float, left: float, width: float, side: Side
) -> list[SetRow] | None:
    """Texts below each other, broken to a width, the topmost ink at 0.

    Args:
        copies: From the top.
        setter: Makes rows.
        size: Of the type of a copy whose share is 1, in pixels.
        left, width: Of the column, in pixels.
        side: Where rows are flush.

    Returns:
        None where a word is wider than the column.
    """
    set_rows: list[SetRow] = []
    floor = 0.0
    for copy in copies:
        own = size * copy.share
        texts = wrapped(copy.text, width / own, _measure(setter, copy.style))
        if texts is None:
            return None
        for text in texts:
            row = setter.row(text, copy.style)
            baseline = -row.top * own
            if set_rows:
                above = set_rows[-1]
                baseline = max(above.baseline + copy.leading * own, floor + (_CLEAR - row.top) * own)
            x = left + side.value * (width - row.width * own) - row.left * own
            set_rows.append(SetRow(row, own, x, baseline))
            floor = set_rows[-1].extent.bottom
    return set_rows

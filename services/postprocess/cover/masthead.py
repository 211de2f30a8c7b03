"""The masthead: as wide as the page, behind the product, and where most of it can be seen."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.common.errors import InvalidInput
from services.postprocess.cover.block import SetRow
from services.postprocess.cover.drawing import coverage
from services.postprocess.cover.page import Page
from services.postprocess.cover.typecase import Style
from services.postprocess.cover.typesetter import Typesetter

#: Its letters' height at most, as a share of the page's longer side, and how far short names are spaced out, in em.
_HIGHEST: Final = 0.18
_SPACED: Final = 0.1
#: Ink of less than this, in em, is taken for so much: a name of one hyphen fills no page.
_THIN: Final = 0.3
#: With less of its letters to be seen, nobody reads the name.
_LEAST_VISIBLE: Final = 0.4
#: How far it moves down the page to be seen, as a share of the page's height, and in what steps.
_LOWEST: Final = 0.45
_STEP: Final = 0.03


def set_masthead(
    text: str, style: Style, page: Page, top: float, hidden: NDArray[np.bool_], setter: Typesetter
) -> SetRow:
    """The masthead's row: as high on the page as enough of its letters can be seen.

    Args:
        text: Not empty.
        style: Of its letters.
        page: What on.
        top: Where it may begin, in pixels.
        hidden: (H, W) bool, where the product hides what lies behind it.
        setter: Makes rows.

    Raises:
        InvalidInput: The product hides most of it wherever it stands.
    """
    row = _fitted(text, style, page, top, setter)
    best = 0.0
    for moved in _moves(page):
        lower = row.lowered(moved)
        best = max(best, share := visible([lower], hidden))
        if share >= _LEAST_VISIBLE:
            return lower
    raise InvalidInput(
        f"cover.masthead: the product hides all but {best:.0%} of its letters, at least {_LEAST_VISIBLE:.0%} have to "
        "be seen; leave more space around the product (canvas.padding, canvas.scale, canvas.position_y)",
        field="cover.masthead", got=round(best, 3), limit=_LEAST_VISIBLE,
    )  # fmt: skip


def visible(rows: list[SetRow], hidden: NDArray[np.bool_]) -> float:
    """The share of letters that the product does not hide, 0 to 1."""
    height, width = hidden.shape
    box = rows[0].extent.pixels((height, width))
    for row in rows[1:]:
        box = box.union(row.extent.pixels((height, width)))
    ink = coverage(rows, box)
    return float((ink * ~hidden[box.slices()]).sum() / max(float(ink.sum()), 1e-6))


def _fitted(text: str, style: Style, page: Page, top: float, setter: Typesetter) -> SetRow:
    """As wide as the page; what would become too high is smaller, and spaced out instead."""
    row = setter.row(text, style)
    highest = _HIGHEST * max(page.size_hw)
    size = min(page.inner_width / max(row.width, _THIN), highest / max(row.height, _THIN))
    gaps = sum(1 for each in text if each != " ") - 1
    free = page.inner_width - row.width * size
    if gaps > 0 and free > 0.01 * page.inner_width:
        row = setter.row(text, style, style.tracking + min(_SPACED, free / size / gaps))
        size = min(size, page.inner_width / max(row.width, _THIN))
    x = page.margin + (page.inner_width - row.width * size) / 2 - row.left * size
    return SetRow(row, size, x, top - row.top * size)


def _moves(page: Page) -> Iterator[float]:
    """How far down it is tried, in pixels."""
    height = page.size_hw[0]
    for step in range(round(_LOWEST / _STEP) + 1):
        yield step * _STEP * height

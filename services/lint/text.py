"""The rule against anything that is written, but on the product itself."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.common.alpha import OPAQUE
from services.common.geometry import Box
from services.lint.exhibit import Exhibit
from services.lint.rules import TextRule
from services.lint.verdict import Finding

#: A line of print on a product lies on it with so much of its box. Letters that were cut out together with the product
#: cover less of theirs, between their strokes.
_ON_PRODUCT: Final = 0.8
#: Characters of a line that are told.
_QUOTED: Final = 40


def check_text(rule: TextRule, exhibit: Exhibit, lines: Sequence[tuple[str, Box]]) -> Finding:
    """Whether all lines are the product's own print. The value is how many are not; what is written right across a
    product can't be told from that.

    Args:
        rule: Which.
        exhibit: The picture.
        lines: What is written on it, and where.
    """
    beside = [(text, box) for text, box in lines if not _is_print(exhibit.alpha, box)]
    own = len(lines) - len(beside)
    told = f"{_counted(len(beside))} beside or over the product" if beside else "no text beside the product"
    if beside:
        told += f", such as {beside[0][0][:_QUOTED]!r}"
    if own:
        told += f"; {_counted(own)} on it"
    return Finding(rule, not beside, told, len(beside), places=tuple(box for _, box in beside))


def _is_print(alpha: NDArray[np.uint16], box: Box) -> bool:
    under = alpha[box.slices()]
    return bool(under.size and (under > OPAQUE // 2).mean() >= _ON_PRODUCT)


def _counted(lines: int) -> str:
    return "1 line of text" if lines == 1 else f"{lines} lines of text"

"""Holds a picture against a rule set."""

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from services.common.deadline import Deadline
from services.common.geometry import Box
from services.lint.border import check_border
from services.lint.exhibit import Exhibit
from services.lint.file import check_aspect, check_file_size, check_format, check_size
from services.lint.framing import check_fill, check_margin
from services.lint.ground import check_ground
from services.lint.rules import (
    AspectRule,
    BorderRule,
    FileSizeRule,
    FillRule,
    FormatRule,
    GroundRule,
    MarginRule,
    Rule,
    SizeRule,
    TextRule,
)
from services.lint.ruleset import RuleSet
from services.lint.text import check_text
from services.lint.verdict import Finding, Verdict


class Reader(Protocol):
    """Reads print, see `services.postprocess.preservation.reader.TextReader`."""

    def read(self, image: NDArray[np.uint8]) -> Sequence[tuple[str, Box]]:
        """What is written on a picture, (H, W, 3) uint8 sRGB, and where."""


#: What looks at a picture for each kind of rule but text, which takes a reader.
_CHECKS: Final[dict[type[Any], Callable[[Any, Exhibit], Finding]]] = {
    FormatRule: check_format,
    FileSizeRule: check_file_size,
    SizeRule: check_size,
    AspectRule: check_aspect,
    GroundRule: check_ground,
    FillRule: check_fill,
    MarginRule: check_margin,
    BorderRule: check_border,
}


class Inspector:
    """Judges pictures.

    Args:
        reader: Reads what is written.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def judge(self, rule_set: RuleSet, exhibit: Exhibit, deadline: Deadline) -> Verdict:
        """What each rule says.

        Raises:
            Cancelled, DeadlineExceeded: The verdict is no longer wanted.
        """
        findings = []
        for rule in rule_set.rules:
            deadline.check()
            findings.append(self._finding(rule, exhibit))
        return Verdict(tuple(findings))

    def _finding(self, rule: Rule, exhibit: Exhibit) -> Finding:
        if isinstance(rule, TextRule):
            return check_text(rule, exhibit, self._reader.read(exhibit.image))
        return _CHECKS[type(rule)](rule, exhibit)

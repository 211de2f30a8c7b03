"""What rules say of a picture."""

from dataclasses import dataclass

from services.common.geometry import Box
from services.lint.rules import Rule, RuleLevel


@dataclass(frozen=True)
class Finding:
    """What one rule says.

    Args:
        rule: Which.
        passed: Whether the picture keeps it.
        found: In words.
        value: The figure behind that; None where there is none.
        unit: "px", "bytes", or "" for shares and ratios.
        places: Where on the picture it is broken.
        unfixed: Why it could not be mended; empty where nobody tried, or where it was.
    """

    rule: Rule
    passed: bool
    found: str
    value: float | None = None
    unit: str = ""
    places: tuple[Box, ...] = ()
    unfixed: str = ""


@dataclass(frozen=True)
class Verdict:
    """What all rules of a set say, in their order."""

    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether every rule is kept that has to be."""
        return all(each.passed for each in self.findings if each.rule.level is RuleLevel.REQUIRED)

    @property
    def broken(self) -> tuple[Finding, ...]:
        """What is not kept, recommended rules included."""
        return tuple(each for each in self.findings if not each.passed)

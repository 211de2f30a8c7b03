"""Why rules stay broken."""

from dataclasses import replace

from services.lint.exhibit import Exhibit
from services.lint.framing import touched
from services.lint.rules import AspectRule, FileSizeRule, FillRule, MarginRule, SizeRule, TextRule
from services.lint.ruleset import RuleSet
from services.lint.verdict import Finding, Verdict


class Reasons:
    """Knows why what was made of a photo breaks rules still.

    Args:
        rule_set: To be kept.
        photo: As it came.
    """

    def __init__(self, rule_set: RuleSet, photo: Exhibit) -> None:
        self._rule_set = rule_set
        self._box = photo.box
        self._touched = touched(photo.box, photo.size_hw)

    def told(self, verdict: Verdict) -> Verdict:
        """The verdict, with a reason for each rule that is broken."""
        return Verdict(
            tuple(each if each.passed else replace(each, unfixed=self._of(each)) for each in verdict.findings)
        )

    def _of(self, finding: Finding) -> str:
        rule = finding.rule
        if self._touched and isinstance(rule, FillRule | MarginRule | AspectRule):
            return f"the photo's own frame cuts the product off: {', '.join(self._touched)}"
        if isinstance(rule, FillRule | SizeRule):
            return self._too_small()
        if isinstance(rule, TextRule):
            return "it was cut out together with the product; point at it with an exclude-box of the selection"
        if isinstance(rule, FileSizeRule):
            return "the file is larger even at the lowest quality that is written; ask for JPEG"
        return "no step of a fix mends it"

    def _too_small(self) -> str:
        most = self._rule_set.aim.enlarged
        told = f"enlarges it {most:g} times at most, and only for a size that is required" if most > 1 else "never does"
        return (
            f"the product has {self._box.width} x {self._box.height} px in the photo, too few for such a picture; to "
            f"enlarge it makes up what the photo does not show, so a fix {told}"
        )


def for_all(verdict: Verdict, reason: str) -> Verdict:
    """The verdict, where all that is broken stays so for one reason."""
    return Verdict(tuple(each if each.passed else replace(each, unfixed=reason) for each in verdict.findings))

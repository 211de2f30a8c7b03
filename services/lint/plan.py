"""How a picture is made to pass: as little as that takes."""

from dataclasses import dataclass
from typing import Self

from services.common.image import ImageFormat
from services.common.placement import Placement
from services.lint.exhibit import Exhibit
from services.lint.file import too_small
from services.lint.frame import reaches, reframed, resized
from services.lint.framing import spans
from services.lint.ground import ground_color
from services.lint.rules import (
    AspectRule,
    BorderRule,
    FileSizeRule,
    FillRule,
    FormatRule,
    GroundRule,
    MarginRule,
    SizeRule,
    TextRule,
)
from services.lint.ruleset import Aim, RuleSet
from services.lint.step import Step
from services.lint.verdict import Verdict

#: What is wrong with the picture around the product: only another ground mends it.
_OF_THE_GROUND = (GroundRule, BorderRule, TextRule)
#: What is wrong with where the product stands in the picture.
_OF_THE_FRAME = (FillRule, MarginRule, AspectRule)


@dataclass(frozen=True)
class Plan:
    """What is to be done.

    Args:
        placement: Where on the new picture the photo, or the product alone, lies.
        ground: sRGB, of what the photo does not cover.
        cut_out: Whether the product alone is kept; else what is seen of the whole photo.
        format: Of the new file.
        most_bytes: Of the new file; None = any number.
        steps: What that comes to. Empty where nothing can be done, or nothing is to be.
    """

    placement: Placement
    ground: tuple[int, int, int]
    cut_out: bool
    format: ImageFormat
    most_bytes: int | None
    steps: tuple[Step, ...]

    @classmethod
    def of(
        cls, rule_set: RuleSet, verdict: Verdict, exhibit: Exhibit, wanted: ImageFormat | None, max_side_px: int
    ) -> Self:
        """The plan for a photo.

        A photo whose ground is as it should be stays whole, and with it the product's own shadow; what is new of a
        wider frame gets the same colour. Where merely its size or its file is wrong, the frame of another photo stays
        too, and so it does around a product that the photo's frame cuts off on two sides that face each other.

        Args:
            rule_set: To be kept.
            verdict: Of the photo.
            exhibit: The photo.
            wanted: Format of the new file; None = the photo's own where that passes.
            max_side_px: Longest side that the service makes.
        """
        broken = [finding.rule for finding in verdict.broken]
        plain = _is_plain(rule_set, verdict)
        misplaced = any(isinstance(rule, _OF_THE_FRAME) for rule in broken) or (
            plain and any(_is_widened(rule, exhibit, rule_set.aim) for rule in broken if isinstance(rule, SizeRule))
        )
        cut_out = any(isinstance(rule, _OF_THE_GROUND) for rule in broken) or (misplaced and not plain)
        framed = (misplaced or cut_out) and not spans(exhibit.box, exhibit.size_hw)
        place = reframed if framed else resized
        placement = place(exhibit.size_hw, exhibit.box, rule_set, max_side_px)
        image_format = wanted or _own_format(rule_set, exhibit) or rule_set.aim.format
        done = {Step.GROUND: cut_out, Step.FRAME: framed, Step.SIZE: placement.scale != 1}
        wrong_file = any(isinstance(rule, FormatRule | FileSizeRule) for rule in broken)
        done[Step.FILE] = wrong_file or (any(done.values()) and image_format != exhibit.format)
        return cls(
            placement=placement,
            ground=rule_set.aim.ground_rgb if cut_out else ground_color(exhibit),
            cut_out=cut_out,
            format=image_format,
            most_bytes=min((rule.most_bytes for rule in rule_set.of_kind(FileSizeRule)), default=None),
            steps=tuple(step for step, is_done in done.items() if is_done) if broken else (),
        )


def _is_plain(rule_set: RuleSet, verdict: Verdict) -> bool:
    """Whether the photo's ground is known to be one that a wider frame can go on with."""
    return any(
        isinstance(each.rule, GroundRule) and each.passed and each.value is not None
        and each.rule.color == rule_set.aim.ground
        for each in verdict.findings
    )  # fmt: skip


def _is_widened(rule: SizeRule, exhibit: Exhibit, aim: Aim) -> bool:
    """Whether a wider frame gives the picture a size that it lacks."""
    return too_small(rule, exhibit.size_hw) and reaches(exhibit.box, aim, rule)


def _own_format(rule_set: RuleSet, exhibit: Exhibit) -> ImageFormat | None:
    """The photo's, where it passes and we write it."""
    if exhibit.format in ImageFormat.__members__ and rule_set.takes(exhibit.format):
        return ImageFormat(exhibit.format)
    return None

"""How large a picture is that shows a product as a rule set asks for it, and where in it the product stands.

The product is made smaller where it has to be and never larger: enlarging would make up what the photo does not show,
and Google's rules, for one, forbid it.
"""

import math
from dataclasses import dataclass
from typing import Self

from services.common.geometry import Box, SizeHW
from services.common.image import MIN_SIDE_PX
from services.common.placement import Placement
from services.lint.framing import touched
from services.lint.rules import RuleLevel, SizeRule
from services.lint.ruleset import Aim, RuleSet


@dataclass(frozen=True)
class Sides:
    """How long sides have to be, by all size rules together, in pixels.

    Args:
        shorter_least, longer_least: Required.
        shorter_wished, longer_wished: Required or recommended.
        longer_most: Of any picture.
        most_px: Of the whole picture.
    """

    shorter_least: int
    longer_least: int
    shorter_wished: int
    longer_wished: int
    longer_most: int
    most_px: float

    @classmethod
    def of(cls, rule_set: RuleSet, max_side_px: int) -> Self:
        """What a rule set asks for, and the service allows."""
        rules = rule_set.of_kind(SizeRule)
        required = [rule for rule in rules if rule.level is RuleLevel.REQUIRED]
        return cls(
            shorter_least=max((rule.shorter_least or 0 for rule in required), default=0),
            longer_least=max((rule.longer_least or 0 for rule in required), default=0),
            shorter_wished=max((rule.shorter_least or 0 for rule in rules), default=0),
            longer_wished=max((rule.longer_least or 0 for rule in rules), default=0),
            longer_most=min((rule.longer_most for rule in rules if rule.longer_most), default=max_side_px),
            most_px=min((rule.most_megapixels * 1e6 for rule in rules if rule.most_megapixels), default=math.inf),
        )

    def wished(self, units: tuple[float, float]) -> float:
        """The longer side that reaches all of them, where the sides are to each other as `units`, of which the larger
        is 1."""
        return max(self.longer_wished, self.shorter_wished / min(units))

    def most(self, units: tuple[float, float], max_side_px: int) -> float:
        """The most."""
        return min(self.longer_most, max_side_px, math.sqrt(self.most_px / (units[0] * units[1])))


def reframed(photo_hw: SizeHW, box: Box, rule_set: RuleSet, max_side_px: int) -> Placement:
    """The product in the middle of a new picture. Where the photo's frame cuts it off, at one end, it lies flush, so
    that no sliced edge floats in the picture.

    Args:
        photo_hw: Size of the photo.
        box: The product in it.
        rule_set: Says how large the picture and the product in it are.
        max_side_px: Longest side that the service makes.
    """
    size_hw, scale = _sized(box, rule_set.aim, Sides.of(rule_set, max_side_px), max_side_px)
    cut = touched(box, photo_hw)
    top = _start(size_hw[0], box.height * scale, cut_low="top" in cut, cut_high="bottom" in cut)
    left = _start(size_hw[1], box.width * scale, cut_low="left" in cut, cut_high="right" in cut)
    # Where the photo's own pixel (0, 0) lies.
    origin_y, origin_x = top - box.top * scale, left - box.left * scale
    rows = _shown(origin_y, size_hw[0], scale, photo_hw[0])
    columns = _shown(origin_x, size_hw[1], scale, photo_hw[1])
    crop = Box(rows[0], columns[0], rows[1] - rows[0], columns[1] - columns[0])
    return _placed(size_hw, crop, round(origin_y + crop.top * scale), round(origin_x + crop.left * scale), scale, box)


def resized(photo_hw: SizeHW, box: Box, rule_set: RuleSet, max_side_px: int) -> Placement:
    """The whole photo as it is, made smaller where it is too large.

    Args:
        photo_hw: Size of the photo.
        box: The product in it.
        rule_set: Says how large pictures may be.
        max_side_px: Longest side that the service makes.
    """
    longer = max(photo_hw)
    units = photo_hw[0] / longer, photo_hw[1] / longer
    most = Sides.of(rule_set, max_side_px).most(units, max_side_px)
    scale = min(1.0, math.floor(most) / longer)
    size_hw = max(MIN_SIDE_PX, round(photo_hw[0] * scale)), max(MIN_SIDE_PX, round(photo_hw[1] * scale))
    return _placed(size_hw, Box(0, 0, *photo_hw), 0, 0, scale, box)


def _sized(box: Box, aim: Aim, sides: Sides, max_side_px: int) -> tuple[SizeHW, float]:
    """The picture's size, and its pixels per photo pixel."""
    units = min(1.0, 1 / aim.aspect), min(1.0, aim.aspect)
    # The longer side at which the product, at its own size, would take all of the picture.
    reach = max(box.height / units[0], box.width / units[1])
    close, loose = reach / aim.fill, reach / aim.loosest
    longer = min(max(close, sides.wished(units)), loose)
    most = sides.most(units, max_side_px)
    # Rounding up would go beyond what is allowed, rounding down below what is asked for.
    whole = math.floor(most) if longer > most else math.ceil(longer)
    scale = min(1.0, aim.fill * whole / reach)
    return (_side(units[0] * whole), _side(units[1] * whole)), scale


def _side(length: float) -> int:
    return max(MIN_SIDE_PX, math.ceil(length - 1e-6))


def _start(size: int, length: float, *, cut_low: bool, cut_high: bool) -> float:
    """Where the product begins along one side."""
    if cut_low == cut_high:
        return (size - length) / 2
    return 0.0 if cut_low else size - length


def _shown(origin: float, size: int, scale: float, length: int) -> tuple[int, int]:
    """The photo's first pixel that is seen along one side, and the one behind its last."""
    return max(0, math.floor(-origin / scale)), min(length, math.ceil((size - origin) / scale))


def _placed(size_hw: SizeHW, crop: Box, top: int, left: int, scale: float, box: Box) -> Placement:
    on_canvas = Box(
        round(top + (box.top - crop.top) * scale), round(left + (box.left - crop.left) * scale),
        max(1, round(box.height * scale)), max(1, round(box.width * scale)),
    ).clipped(size_hw)  # fmt: skip
    return Placement(size_hw, crop, top, left, scale, on_canvas)

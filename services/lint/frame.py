"""How large a picture is that shows a product as a rule set asks for it, and where in it the product stands.

Frames become wider rather than products larger: enlarging makes up what the photo does not show. How far it may go to
reach a size that is required, the rule set's aim says; Google, for one, takes no enlarged pictures.
"""

import math
from collections.abc import Iterable

from services.common.geometry import Box, SizeHW
from services.common.image import MIN_SIDE_PX
from services.common.placement import Placement
from services.lint.framing import touched
from services.lint.rules import RuleLevel, SizeRule
from services.lint.ruleset import Aim, RuleSet


def reframed(photo_hw: SizeHW, box: Box, rule_set: RuleSet, max_side_px: int) -> Placement:
    """The product in the middle of a new picture. Where the photo's frame cuts it off, at one end, it lies flush, so
    that no sliced edge floats in the picture.

    Args:
        photo_hw: Size of the photo.
        box: The product in it.
        rule_set: Says how large the picture and the product in it are.
        max_side_px: Longest side that the service makes.
    """
    size_hw, scale = _sized(box, rule_set, max_side_px)
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
    """The whole photo, made smaller where it is too large, and larger where a size is required that this reaches.

    Args:
        photo_hw: Size of the photo.
        box: The product in it.
        rule_set: Says how large pictures may be.
        max_side_px: Longest side that the service makes.
    """
    longer = max(photo_hw)
    units = photo_hw[0] / longer, photo_hw[1] / longer
    required = math.ceil(_required(rule_set, units))
    wanted = required if longer < required <= longer * rule_set.aim.enlarged else longer
    scale = min(wanted, math.floor(_most(rule_set, units, max_side_px))) / longer
    size_hw = max(MIN_SIDE_PX, round(photo_hw[0] * scale)), max(MIN_SIDE_PX, round(photo_hw[1] * scale))
    return _placed(size_hw, Box(0, 0, *photo_hw), 0, 0, scale, box)


def reaches(box: Box, aim: Aim, rule: SizeRule) -> bool:
    """Whether a wider frame around a product gives a picture a size, enlarging it only where that is required."""
    units = _units(aim)
    enlarged = aim.enlarged if rule.level is RuleLevel.REQUIRED else 1.0
    return _least([rule], units) <= _reach(box, units) / aim.loosest * enlarged


def _sized(box: Box, rule_set: RuleSet, max_side_px: int) -> tuple[SizeHW, float]:
    """The picture's size, and its pixels per photo pixel."""
    aim, units = rule_set.aim, _units(rule_set.aim)
    reach = _reach(box, units)
    loosest = reach / aim.loosest
    longer = min(max(reach / aim.fill, _least(rule_set.of_kind(SizeRule), units)), loosest)
    required = _required(rule_set, units)
    is_enlarged = math.ceil(loosest) < required <= loosest * aim.enlarged
    if is_enlarged:
        longer = required
    most = _most(rule_set, units, max_side_px)
    # Rounding up would go beyond what is allowed, rounding down below what is asked for.
    whole = math.floor(most) if longer > most else math.ceil(longer)
    return _sides(units, whole), whole / loosest if is_enlarged else min(1.0, aim.fill * whole / reach)


def _required(rule_set: RuleSet, units: tuple[float, float]) -> float:
    """`_least` by the rules that have to be kept."""
    return _least((rule for rule in rule_set.of_kind(SizeRule) if rule.level is RuleLevel.REQUIRED), units)


def _least(rules: Iterable[SizeRule], units: tuple[float, float]) -> float:
    """The longer side that no rule calls too short, where the sides are to each other as `units`."""
    return max((max(rule.longer_least or 0, (rule.shorter_least or 0) / min(units)) for rule in rules), default=0)


def _most(rule_set: RuleSet, units: tuple[float, float], max_side_px: int) -> float:
    """The longer side that no rule, nor the service, calls too long."""
    rules = rule_set.of_kind(SizeRule)
    sides = (rule.longer_most for rule in rules if rule.longer_most)
    areas = (rule.most_megapixels * 1e6 for rule in rules if rule.most_megapixels)
    return min((max_side_px, *sides, *(math.sqrt(area / (units[0] * units[1])) for area in areas)))


def _units(aim: Aim) -> tuple[float, float]:
    """Height and width of a picture whose longer side is 1."""
    return min(1.0, 1 / aim.aspect), min(1.0, aim.aspect)


def _reach(box: Box, units: tuple[float, float]) -> float:
    """The longer side of the picture that the product, at its own size, takes all of."""
    return max(box.height / units[0], box.width / units[1])


def _sides(units: tuple[float, float], longer: int) -> SizeHW:
    height, width = (max(MIN_SIDE_PX, math.ceil(unit * longer - 1e-6)) for unit in units)
    return height, width


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

"""Rules about how much of the picture the product takes, and what is free around it."""

from typing import Final

from services.common.geometry import Box, SizeHW
from services.lint.exhibit import Exhibit
from services.lint.rules import FillRule, MarginRule
from services.lint.verdict import Finding

#: Boxes are of whole pixels, so a share may be off by one of them at either end.
_ROUNDING_PX: Final = 2
#: The last pixel of a soft edge is seldom above half.
_TOUCHING_PX: Final = 1
_SIDES: Final = ("left", "top", "right", "bottom")


def check_fill(rule: FillRule, exhibit: Exhibit) -> Finding:
    """Whether the product is large enough, and not too large."""
    fill, slack = exhibit.fill, _ROUNDING_PX / max(exhibit.size_hw)
    passed = rule.least - slack <= fill <= rule.most + slack
    return Finding(rule, passed, f"a product that takes {fill:.1%}", fill, places=() if passed else (exhibit.box,))


def check_margin(rule: MarginRule, exhibit: Exhibit) -> Finding:
    """Whether enough is free on every side. The value is the smallest share."""
    height, width = exhibit.size_hw
    free = _free_px(exhibit.box, exhibit.size_hw)
    shares = {side: px / (height if side in ("top", "bottom") else width) for side, px in free.items()}
    side = min(shares, key=lambda each: shares[each])
    cut = touched(exhibit.box, exhibit.size_hw)
    passed = not cut and shares[side] >= rule.least
    found = f"a product that touches {', '.join(cut)}" if cut else f"{shares[side]:.1%} free, {side}"
    return Finding(rule, passed, found, shares[side], places=() if passed else (exhibit.box,))


def touched(box: Box, size_hw: SizeHW) -> tuple[str, ...]:
    """The sides of a picture that a product touches: its frame cuts it off there, as far as anybody can tell."""
    return tuple(side for side, px in _free_px(box, size_hw).items() if px <= _TOUCHING_PX)


def spans(box: Box, size_hw: SizeHW) -> bool:
    """Whether a product touches two sides that face each other."""
    sides = set(touched(box, size_hw))
    return {"left", "right"} <= sides or {"top", "bottom"} <= sides


def _free_px(box: Box, size_hw: SizeHW) -> dict[str, int]:
    """What is free beside a box, by side, in pixels."""
    free = (box.left, box.top, size_hw[1] - box.right, size_hw[0] - box.bottom)
    return dict(zip(_SIDES, free, strict=True))

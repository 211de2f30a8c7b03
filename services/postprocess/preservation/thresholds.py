"""What each measure may be: its unit, which way it is good, the default bar, and how far a caller may move it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from services.common.errors import InvalidInput


class Sense(StrEnum):
    """Which side of the bar is good."""

    AT_MOST = "at_most"
    AT_LEAST = "at_least"


class Level(StrEnum):
    """How much is measured: what every picture gets, or all of it."""

    BASIC = "BASIC"
    FULL = "FULL"


@dataclass(frozen=True)
class Criterion:
    """What one measure is and what it is held against.

    Args:
        name: The measure's.
        unit: "px", "deltaE2000", "/255", or "" for shares and similarities from 0 to 1.
        sense: Which side is good.
        default: Where a caller names none.
        lowest, highest: What a caller may ask for.
        meaning: What is measured, in one line.
        level: The least level at which it is measured.
        relative: Of widths: the bar is at least this share of the product's own width.
        anew: Whether it takes a second cutout, of the finished picture. That does not tell several products apart, so
            of one of several such a measure is told, and judged only where a caller names a threshold.
    """

    name: str
    unit: str
    sense: Sense
    default: float
    lowest: float
    highest: float
    meaning: str
    level: Level = Level.BASIC
    relative: float = 0.0
    anew: bool = False

    def passed(self, value: float, threshold: float) -> bool:
        """Whether a value is on the good side; on the bar is good."""
        return value <= threshold if self.sense is Sense.AT_MOST else value >= threshold

    def used(self, value: float, threshold: float) -> float:
        """How much of what is allowed a value takes: 0 = nothing was found, 1 = just so much as passes.

        Shares and similarities count by what they lack of 1. Where nothing at all is allowed, anything is infinitely
        much.
        """
        found, allowed = (value, threshold) if self.sense is Sense.AT_MOST else (1 - value, 1 - threshold)
        return max(found, 0.0) / allowed if allowed > 0 else (0.0 if found <= 0 else math.inf)


_MOST, _LEAST = Sense.AT_MOST, Sense.AT_LEAST

#: Every measure of a report, in its order. By default nothing is refused that keeps its product. Of 40 photos, each in
#: a studio, an indoor and an outdoor scene, where not one opaque byte changed, 118 pictures reached at worst a halo of
#: 19 (21 on black, 13 on white); cut out anew, boundary IoU of 0.15 and 0.31, 5.5 px of shift, 4.9 px of growth (15 px
#: with two products before a streaked wall) and 0.30 lost. The bars of what is cut out anew lie at about twice that:
#: they tell a picture that shows something else. Little growth is told by `ghost` and the widths.
CRITERIA: Final[tuple[Criterion, ...]] = (
    Criterion("core_changed", "px", _MOST, 0, 0, 1e9, "opaque pixels whose bytes changed; exact mode only"),
    Criterion("color_mean", "deltaE2000", _MOST, 1.0, 0.1, 20, "mean colour difference inside"),
    Criterion("color_p95", "deltaE2000", _MOST, 2.0, 0.2, 40, "colour difference that 95 % of the inside stays below"),
    Criterion("color_spot", "deltaE2000", _MOST, 6.0, 0.5, 100, "largest mean colour difference of a 7 x 7 px window"),
    Criterion("structure", "", _LEAST, 0.99, 0, 1, "mean structural similarity inside"),
    Criterion("structure_spot", "", _LEAST, 0.7, -1, 1, "the least similar window's"),
    Criterion("ghost", "px", _MOST, 0.15, 0.02, 100, "product colour outside the product, in px per px of edge"),
    Criterion("halo", "/255", _MOST, 30, 0.5, 255, "mean luma jump in the 2 px ring on the edge, in the picture"),
    Criterion("halo_black", "/255", _MOST, 40, 0.5, 255, "the same of the cutout on black"),
    Criterion("halo_white", "/255", _MOST, 30, 0.5, 255, "the same of the cutout on white"),
    Criterion("confidence", "", _LEAST, 0.25, 0, 1, "confidence of the cutout"),
    Criterion(
        "boundary_iou_fine",
        "",
        _LEAST,
        0.05,
        0,
        1,
        "boundary IoU at 0.5 % of the diagonal, cut out anew",
        Level.FULL,
        anew=True,
    ),
    Criterion(
        "boundary_iou",
        "",
        _LEAST,
        0.15,
        0,
        1,
        "boundary IoU at 2 % of the diagonal, cut out anew",
        Level.FULL,
        anew=True,
    ),
    Criterion(
        "outline_shift",
        "px",
        _MOST,
        15,
        0.05,
        100,
        "how far the outline moved as a whole, cut out anew",
        Level.FULL,
        anew=True,
    ),
    Criterion(
        "expansion", "px", _MOST, 30, 0.02, 100, "growth of the outline in px, cut out anew", Level.FULL, anew=True
    ),
    Criterion("shrink", "", _MOST, 0.6, 0, 1, "share of the product that is lost, cut out anew", Level.FULL, anew=True),
    Criterion(
        "inner_shift",
        "px",
        _MOST,
        0.5,
        0.05,
        100,
        "what 95 % of the corners inside moved at most; from 15 on most were lost",
        Level.FULL,
    ),
    Criterion(
        "width_median", "px", _MOST, 0.25, 0.02, 20, "median width error of thin parts, or 5 %", Level.FULL, 0.05
    ),
    Criterion("width_p95", "px", _MOST, 0.6, 0.05, 40, "width error that 95 % stay below, or 12 %", Level.FULL, 0.12),
    Criterion("text_error", "", _MOST, 0.02, 0, 1, "characters read differently, per character", Level.FULL),
    Criterion("text_exact", "", _LEAST, 1.0, 0, 1, "share of lines of 12 px or more that read the same", Level.FULL),
    Criterion(
        "recolour_outside", "px", _MOST, 0, 0, 1e9, "of a recoloured product: opaque pixels beside it that changed"
    ),
    Criterion(
        "recolour_distance",
        "deltaE2000",
        _MOST,
        25,
        0.1,
        100,
        "from the colour asked for to that which came out, medians",
    ),
    Criterion(
        "recolour_structure",
        "",
        _LEAST,
        0.5,
        -1,
        1,
        "structural similarity of folds and seams before and after, relative to their middle lightness",
    ),
)
_BY_NAME: Final = MappingProxyType({each.name: each for each in CRITERIA})


@dataclass(frozen=True)
class Thresholds:
    """Where the bars stand for one request.

    Args:
        values: Those that differ from the default, by the measure's name.
        of_one: Of one product among several; see `Criterion.anew`.

    Raises:
        InvalidInput: No such measure, or outside its range; details name the field `thresholds.NAME`.
    """

    values: Mapping[str, float] = field(default_factory=dict)
    of_one: bool = False

    def __post_init__(self) -> None:
        for name, value in self.values.items():
            criterion = _BY_NAME.get(name)
            if criterion is None:
                raise InvalidInput(
                    f"there is no measure {name!r}; there are {', '.join(_BY_NAME)}", field=f"thresholds.{name}"
                )
            if not criterion.lowest <= value <= criterion.highest:
                raise InvalidInput(
                    f"the threshold of {name} is {value}; "
                    f"it must be from {criterion.lowest:g} to {criterion.highest:g}",
                    field=f"thresholds.{name}",
                )

    def of(self, criterion: Criterion) -> float | None:
        """The threshold that holds for a measure; None where nobody asks anything of it."""
        told = self.of_one and criterion.anew
        return self.values.get(criterion.name, None if told else criterion.default)

    def over(self, base: "Thresholds") -> "Thresholds":
        """These, and where they say nothing, those of `base`."""
        return Thresholds({**base.values, **self.values})


def criterion_of(name: str) -> Criterion:
    """Of a measure that exists."""
    return _BY_NAME[name]

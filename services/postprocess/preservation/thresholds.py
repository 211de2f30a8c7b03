"""What each measure may be: its unit, which way it is good, the default bar, and how far a caller may move it."""

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
        default: Where a caller names none; None = then it is told, but not judged.
        lowest, highest: What a caller may ask for.
        meaning: What is measured, in one line.
        level: The least level at which it is measured.
        relative: Of widths: the bar is at least this share of the product's own width.
    """

    name: str
    unit: str
    sense: Sense
    default: float | None
    lowest: float
    highest: float
    meaning: str
    level: Level = Level.BASIC
    relative: float = 0.0

    def passed(self, value: float, threshold: float) -> bool:
        """Whether a value is on the good side; on the bar is good."""
        return value <= threshold if self.sense is Sense.AT_MOST else value >= threshold


_MOST, _LEAST = Sense.AT_MOST, Sense.AT_LEAST

#: Every measure of a report, in its order. By default nothing is refused that keeps its product: of 40 photos on a
#: drawn marble plate, where not one opaque byte changed, the worst reached a halo of 17 (21 on black, 13 on white).
#: What is cut out anew is told, but, growth by more than 4 px apart, judged only where somebody asks: a second look
#: errs more than that. Of 17 such pictures on marble and in a street the boundary IoU at 2 % was 0.88 in the median and
#: 0.37 at worst, up to 0.3 of the product was lost to it, and 1.1 px gained.
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
        "boundary_iou_fine", "", _LEAST, None, 0, 1, "boundary IoU at 0.5 % of the diagonal, cut out anew", Level.FULL
    ),
    Criterion("boundary_iou", "", _LEAST, None, 0, 1, "boundary IoU at 2 % of the diagonal, cut out anew", Level.FULL),
    Criterion(
        "outline_shift", "px", _MOST, None, 0.05, 100, "how far the outline moved as a whole, cut out anew", Level.FULL
    ),
    Criterion("expansion", "px", _MOST, 8, 0.02, 100, "growth of the outline in px, cut out anew", Level.FULL),
    Criterion("shrink", "", _MOST, None, 0, 1, "share of the product that is lost, cut out anew", Level.FULL),
    Criterion("inner_shift", "px", _MOST, 0.5, 0.05, 100, "what 95 % of the corners inside moved at most", Level.FULL),
    Criterion(
        "width_median", "px", _MOST, 0.25, 0.02, 20, "median width error of thin parts, or 5 %", Level.FULL, 0.05
    ),
    Criterion("width_p95", "px", _MOST, 0.6, 0.05, 40, "width error that 95 % stay below, or 12 %", Level.FULL, 0.12),
    Criterion("text_error", "", _MOST, 0.02, 0, 1, "characters read differently, per character", Level.FULL),
    Criterion("text_exact", "", _LEAST, 1.0, 0, 1, "share of lines of 12 px or more that read the same", Level.FULL),
)
_BY_NAME: Final = MappingProxyType({each.name: each for each in CRITERIA})


@dataclass(frozen=True)
class Thresholds:
    """Where the bars stand for one request.

    Args:
        values: Those that differ from the default, by the measure's name.

    Raises:
        InvalidInput: No such measure, or outside its range; details name the field `thresholds.NAME`.
    """

    values: Mapping[str, float] = field(default_factory=dict)

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
        return self.values.get(criterion.name, criterion.default)

    def over(self, base: "Thresholds") -> "Thresholds":
        """These, and where they say nothing, those of `base`."""
        return Thresholds({**base.values, **self.values})


def criterion_of(name: str) -> Criterion:
    """Of a measure that exists."""
    return _BY_NAME[name]

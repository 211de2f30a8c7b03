"""One photo in one place: the picture's report, or why there is no picture."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np

from services.api.studio import Measure
from services.evaluation.page import Shot
from services.evaluation.reading import Picture, Reading
from services.postprocess.preservation.thresholds import Sense, criterion_of

#: Keys of a take's values beside its measures.
REFUSED: Final = "refused"
UNFIT: Final = "unfit"
AGREEMENT: Final = "agreement"


@dataclass(frozen=True)
class Take:
    """What became of a photo.

    Args:
        name: Of the photo, and the scene or the place it was to be shown in.
        measures: Of the picture, also of one that was refused for them.
        agreement: Least IoU of the photo's cutout with those of its mirror image and of a smaller copy.
        refusal: Why there is no picture; empty where there is one.
        unfit: No scene of the place fits the photo; that says nothing against the photo's pictures.
        pictures: To look at.
    """

    name: str
    measures: tuple[Measure, ...] = ()
    agreement: float | None = None
    refusal: str = ""
    unfit: bool = False
    pictures: tuple[Picture, ...] = ()

    @cached_property
    def nearest(self) -> Measure | None:
        """The measure that is nearest to its bar or furthest beyond; None where nothing was measured."""
        return max(self.measures, key=nearness, default=None)

    @property
    def fault(self) -> float:
        """How far it is from good: 0 = nothing to complain of."""
        if self.unfit:
            return 0.0
        if self.refusal or self.nearest is None:
            return np.inf
        return nearness(self.nearest) + 1 - (1.0 if self.agreement is None else self.agreement)

    def reading(self) -> Reading:
        """For the table; without pictures, which the page shows once."""
        values = {REFUSED: float(bool(self.refusal) and not self.unfit), UNFIT: float(self.unfit)}
        values |= {each.name: each.value for each in self.measures if each.value is not None}
        if self.agreement is not None:
            values[AGREEMENT] = self.agreement
        return Reading(self.name, values)

    def shot(self) -> Shot:
        """For the page."""
        return Shot(self.name, self.words(), self.pictures)

    def words(self) -> str:
        """What there is to say of it, in one line."""
        if self.refusal:
            return self.refusal if self.unfit else f"refused: {self.refusal}"
        agreed = (
            "" if self.agreement is None else f"agreement with its mirror and a smaller copy {self.agreement:.3f}; "
        )
        return f"{agreed}nearest to its bar: {_told(self.nearest)}"

    def facts(self) -> dict[str, Any]:
        """For programs."""
        measures = [each.model_dump(mode="json", exclude_none=True) for each in self.measures]
        return {"name": self.name, "refusal": self.refusal, "agreement": self.agreement, "measures": measures}


def nearness(measure: Measure) -> float:
    """How near a measure is to its bar: 0 = as good as can be, 1 = on it; 0 where nothing was measured or asked."""
    if measure.value is None or measure.threshold is None:
        return 0.0
    good = 0.0 if criterion_of(measure.name).sense is Sense.AT_MOST else 1.0
    room = abs(measure.threshold - good)
    return abs(measure.value - good) / room if room else float(measure.value != good)


def _told(measure: Measure | None) -> str:
    if measure is None or measure.value is None or measure.threshold is None:
        return "none, as nothing was asked of it"
    return f"{measure.name} {measure.value:.3g} {measure.unit} (bar {measure.threshold:g})"

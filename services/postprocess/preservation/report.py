"""The preservation report: what was measured on a finished picture, and whether it is good enough."""

from dataclasses import dataclass

from services.postprocess.preservation.text import TextChange
from services.postprocess.preservation.thresholds import Level
from services.postprocess.proof import CoreDigest


@dataclass(frozen=True)
class Measure:
    """One figure.

    Args:
        name: See `thresholds.CRITERIA`, which also says what it means.
        value: What was measured.
        unit: As there.
        threshold: The bar that held; None where nothing was asked.
        passed: Whether the value is on the good side of it, or nothing was asked.
        worst_yx: The worst spot, row and column on the canvas; None where there is none.
    """

    name: str
    value: float
    unit: str
    threshold: float | None
    passed: bool
    worst_yx: tuple[int, int] | None


@dataclass(frozen=True)
class Report:
    """All figures of one picture.

    Args:
        level: How much was measured.
        measures: In the order of `thresholds.CRITERIA`.
        unmeasured: Why, by name, for measures of that level that could not be taken.
        core_before, core_after: See `postprocess/proof.py`.
        text: What was read; None below level full.
    """

    level: Level
    measures: tuple[Measure, ...]
    unmeasured: dict[str, str]
    core_before: CoreDigest
    core_after: CoreDigest
    text: TextChange | None = None

    @property
    def passed(self) -> bool:
        """The verdict: no measure is on the wrong side of its bar."""
        return all(measure.passed for measure in self.measures)

    @property
    def failures(self) -> tuple[Measure, ...]:
        """Measures on the wrong side."""
        return tuple(measure for measure in self.measures if not measure.passed)

    def value(self, name: str) -> float | None:
        """A measure's value; None where it was not taken."""
        return next((measure.value for measure in self.measures if measure.name == name), None)

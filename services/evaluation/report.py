"""Does the preservation report move when the product changes, and stay when only the background does?"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.evaluation.case import Case, Cases
from services.evaluation.crops import around, at_strap
from services.evaluation.finishing import finished
from services.evaluation.generators import CHANGED_X_HEIGHT_PX, Drawing, drawn_by, faithful, misspelt, swollen
from services.evaluation.reading import Picture, Reading
from services.postprocess.preservation.battery import Battery
from services.postprocess.preservation.evidence import Evidence
from services.postprocess.preservation.reader import TextReader
from services.postprocess.preservation.report import Report
from services.postprocess.preservation.thresholds import Level, Sense, Thresholds, criterion_of
from services.postprocess.schema import Preservation

#: How much thicker thin parts are drawn.
DOSE: Final = 0.10
#: A figure moved that is worse by this share of the way from perfect to its bar, and by so many times what another
#: background makes of it. It stayed where another background changes it by no more than the smaller share.
MOVED: Final = 0.2
MOVED_TIMES: Final = 2.0
STAYED: Final = 0.1
#: What has to notice which fault.
_OF_WIDTH: Final = frozenset({"width_median", "width_p95", "ghost", "expansion"})
_OF_PRINT: Final = frozenset({"color_spot", "structure", "structure_spot", "inner_shift", "text_error", "text_exact"})

#: By measure, how far it is from perfect, as a share of the way to its bar.
Figures = Mapping[str, float]


@dataclass(frozen=True)
class Looks:
    """One level's figures of pictures that differ in one thing: the background, the product's width, one letter."""

    here: Figures
    elsewhere: Figures
    thick: Figures
    letter: Figures

    def moves(self, fault: Figures, names: frozenset[str]) -> bool:
        """Whether one of these figures tells the fault."""
        return any(self._moved(fault[name], name) for name in names & fault.keys() & self.here.keys())

    def stays(self) -> bool:
        """Whether the same is measured before both backgrounds, with the same result."""
        same = self.here.keys() == self.elsewhere.keys()
        return same and all(self._noise(name) <= STAYED for name in self.here)

    def _moved(self, value: float, name: str) -> bool:
        return value - self.here[name] >= max(MOVED, MOVED_TIMES * self._noise(name))

    def _noise(self, name: str) -> float:
        return abs(self.elsewhere.get(name, self.here[name]) - self.here[name])


class ReportMoves:
    """Gives the report pictures with a known fault, as a service would that pasted nothing back, and unchanged products
    before two backgrounds, as the service makes them.

    All parts of the report are on: pictures are cut out anew, and print is read. Light counts as adapted, so that no
    digest gives a change away.

    Args:
        cases: The drawn photos.
        threads: Compute threads.
    """

    name = "report"
    most = 200

    def __init__(self, cases: Cases, threads: int = 1) -> None:
        self._cases = cases
        self._battery = Battery(TextReader(threads))

    def ask(self, number: int) -> Reading:
        """1 where the report does what it should, else 0, for each fault, level and kind of engine.

        Engines that never saw the product hand the report their background; of others, which draw it too, the report
        has to guess the background.
        """
        case = self._cases.get(number)
        faults = [drawn_by(fault, case.scene, number) for fault in (swollen(DOSE), misspelt)]
        plain = [drawn_by(faithful, case.scene, number + step) for step in (0, 1)]
        known = self._looks(case, plain, faults, known=True)
        guessed = self._looks(case, plain, faults, known=False)
        values: dict[str, float] = {}
        for kind, looks in (("known", known), ("guessed", guessed)):
            for level, look in looks.items():
                values[f"report_{kind}_{level.lower()}_thick"] = look.moves(look.thick, _OF_WIDTH)
                values[f"report_{kind}_{level.lower()}_letter"] = look.moves(look.letter, _OF_PRINT)
                values[f"report_{kind}_{level.lower()}_still"] = look.stays()
        values = {name: float(value) for name, value in values.items()}
        return Reading(case.scene.name, values, _pictures(case, *faults))

    def _looks(self, case: Case, plain: list[Drawing], faults: list[Drawing], *, known: bool) -> dict[Level, Looks]:
        pictures = [finished(case, each.plate() if known else each.result(), Preservation.EXACT) for each in plain]
        pictures += [each.picture for each in faults]
        evidences = [
            self._evidence(case, picture, drawing, known=known)
            for picture, drawing in zip(pictures, [*plain, *faults], strict=True)
        ]
        return {
            level: Looks(*(_figures(self._battery.report(each, level, Thresholds())) for each in evidences))
            for level in Level
        }

    def _evidence(self, case: Case, picture: NDArray[np.uint8], drawing: Drawing, *, known: bool) -> Evidence:
        again = self._cases.of(replace(case.scene, photo=picture, alpha=drawing.alpha)).cutout
        return Evidence(
            picture,
            case.product,
            drawing.plate().background if known else None,
            harmonized=True,
            confidence=case.cutout.confidence,
            resegmented=again.alpha,
        )


def _figures(report: Report) -> Figures:
    """Those that have a bar."""
    found = {}
    for measure in report.measures:
        if measure.threshold is None:
            continue
        perfect = 0.0 if criterion_of(measure.name).sense is Sense.AT_MOST else 1.0
        # Of what has no room left below its bar, the value itself counts, from 0 to 1.
        found[measure.name] = abs(measure.value - perfect) / (abs(measure.threshold - perfect) or 1.0)
    return found


def _pictures(case: Case, thick: Drawing, letter: Drawing) -> tuple[Picture, ...]:
    strap = case.scene.garment.straps[0]
    line = next(line for line in case.scene.garment.lines if line.x_height_px == CHANGED_X_HEIGHT_PX)
    x, y = int(line.left + 30), int(line.baseline)
    return (
        Picture.of("photo", at_strap(case.scene.photo, strap)),
        Picture.of("10 % thicker", at_strap(thick.picture, strap)),
        Picture.of("photo", around(case.scene.photo, x, y)),
        Picture.of("one letter changed", around(letter.picture, x, y)),
    )

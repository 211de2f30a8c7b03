"""Does the preservation report move when the product changes, and stay when only the background does?"""

from dataclasses import replace
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
from services.postprocess.preservation.report import Report
from services.postprocess.preservation.text import TextReader
from services.postprocess.preservation.thresholds import Level, Thresholds
from services.postprocess.schema import Preservation

#: How much thicker thin parts are drawn.
DOSE: Final = 0.10
#: What has to notice it.
_WIDTHS: Final = frozenset({"width_median", "width_p95", "ghost", "expansion", "boundary_iou_fine", "boundary_iou"})


class ReportMoves:
    """Gives the report pictures with a known fault, as a service would that pasted nothing back.

    A report moves where a measure that kept its bar without the fault misses it with the fault. It stays where the same
    measures keep their bars.

    Args:
        cases: The drawn photos.
        threads: Compute threads.
    """

    name = "report"
    most = 200

    def __init__(self, cases: Cases, threads: int = 1) -> None:
        self._cases = cases
        self._battery = Battery()
        self._reading = Battery(TextReader(threads))

    def ask(self, number: int) -> Reading:
        """1 where the report does what it should, else 0, for each of the three.

        The background is known, as it is of an engine that never saw the product; told beside it is what the report
        sees where it has to guess the background, with the picture cut out anew.
        """
        case = self._cases.get(number)
        here, elsewhere = (drawn_by(faithful, case.scene, number + step) for step in (0, 1))
        thick, letter = drawn_by(swollen(DOSE), case.scene, number), drawn_by(misspelt, case.scene, number)
        rest, other = (self._known(case, drawing, _finished(case, drawing)) for drawing in (here, elsewhere))
        moved = _failed(self._known(case, thick, thick.picture)) - _failed(rest)
        guessed = _failed(self._guessed(case, thick)) - _failed(self._guessed(case, here))
        misread = _failed(self._adapted(case, letter)) - _failed(self._adapted(case, here))
        values = {
            "report_thick": float(bool(moved & _WIDTHS)),
            "report_guessed": float(bool(guessed & _WIDTHS)),
            "report_letter": float(bool(misread)),
            "report_still": float(_failed(rest) == _failed(other)),
        }
        return Reading(f"{case.scene.name} {sorted(moved)} {sorted(misread)}", values, _pictures(case, thick, letter))

    def _known(self, case: Case, drawing: Drawing, picture: NDArray[np.uint8]) -> Report:
        backdrop = drawing.plate().background
        evidence = Evidence(picture, case.product, backdrop, harmonized=False, confidence=case.cutout.confidence)
        return self._battery.report(evidence, Level.FULL, Thresholds())

    def _guessed(self, case: Case, drawing: Drawing) -> Report:
        again = self._cases.of(replace(case.scene, photo=drawing.picture, alpha=drawing.alpha)).cutout.alpha
        evidence = Evidence(drawing.picture, case.product, None, harmonized=False, confidence=1.0, resegmented=again)
        return self._battery.report(evidence, Level.FULL, Thresholds())

    def _adapted(self, case: Case, drawing: Drawing) -> Report:
        """Light may be adapted here, so that no digest gives a change away."""
        evidence = Evidence(drawing.picture, case.product, None, harmonized=True, confidence=case.cutout.confidence)
        return self._reading.report(evidence, Level.FULL, Thresholds())


def _failed(report: Report) -> frozenset[str]:
    return frozenset(measure.name for measure in report.failures)


def _finished(case: Case, drawing: Drawing) -> NDArray[np.uint8]:
    return finished(case, drawing.plate(), Preservation.EXACT)


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

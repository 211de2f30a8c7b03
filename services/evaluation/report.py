"""Does the preservation report move when the product changes, and stay when only the background does?"""

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
_WIDTHS: Final = frozenset({"width_median", "width_p95", "ghost", "expansion"})


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
        self._battery = Battery(TextReader(threads))

    def ask(self, number: int) -> Reading:
        """1 where the report does what it should, else 0, for each of the three."""
        case = self._cases.get(number)
        here = drawn_by(faithful, case.scene, number)
        rest = self._report(case, _finished(case, here), harmonized=False)
        elsewhere = self._report(case, _finished(case, drawn_by(faithful, case.scene, number + 1)), harmonized=False)
        thick = drawn_by(swollen(DOSE), case.scene, number)
        letter = drawn_by(misspelt, case.scene, number)
        # Light may be adapted here, so that no digest gives the change away.
        adapted = self._report(case, here.picture, harmonized=True)
        moved = _failed(self._report(case, thick.picture, harmonized=False)) - _failed(rest)
        misread = _failed(self._report(case, letter.picture, harmonized=True)) - _failed(adapted)
        values = {
            "report_thick": float(bool(moved & _WIDTHS)),
            "report_letter": float(bool(misread)),
            "report_still": float(_failed(rest) == _failed(elsewhere)),
        }
        return Reading(f"{case.scene.name} {sorted(moved)} {sorted(misread)}", values, _pictures(case, thick, letter))

    def _report(self, case: Case, picture: NDArray[np.uint8], *, harmonized: bool) -> Report:
        evidence = Evidence(picture, case.product, None, harmonized, case.cutout.confidence)
        return self._battery.report(evidence, Level.FULL, Thresholds())


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

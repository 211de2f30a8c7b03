"""Does a generator's thicker strap show beside the pasted one?"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.common.srgb import to_linear
from services.evaluation.case import Case, Cases
from services.evaluation.crops import at_strap
from services.evaluation.finishing import finished
from services.evaluation.generators import KINDS, Drawing, Fault, drawn_by, faithful, scaled, thickened, tinted, warped
from services.evaluation.reading import Picture, Reading
from services.evaluation.width import seen_coverage, width_errors
from services.postprocess.schema import Preservation

#: By how much the generator's product is too wide; every few scenes the next.
DOSES_PX: Final = (2.0, 4.0, 8.0)
#: Other faults, in turns.
DRIFTS: Final = (scaled(1.02), warped(1.0), tinted(5.0))
#: What is allowed: so many pixels, or this share of the strap.
ALLOWED_PX: Final = 0.25
ALLOWED_SHARE: Final = 0.05


class Thick:
    """Finishes pictures whose generator drew the product too wide, and measures what is seen of its straps.

    Args:
        cases: The drawn photos.
        doses_px: By how much the product is drawn too wide, in turns.
    """

    name = "thick"
    most = 200

    def __init__(self, cases: Cases, doses_px: tuple[float, ...] = DOSES_PX) -> None:
        self._cases = cases
        self._doses_px = doses_px

    def ask(self, number: int) -> Reading:
        """The mean over both straps, sign dropped; of a generator that changed nothing, too."""
        case = self._cases.get(number)
        # Backgrounds take turns too, and each is to be seen with each fault.
        turn = number // len(KINDS)
        dose = self._doses_px[turn % len(self._doses_px)]
        straps = case.scene.garment.straps
        drawing = drawn_by(thickened(dose), case.scene, number)
        picture = finished(case, drawing.result(), Preservation.EXACT)
        errors = _errors(case, drawing, picture)
        drifted = self._errors_after(DRIFTS[turn % len(DRIFTS)], case, number)
        allowed = np.array([max(ALLOWED_PX, ALLOWED_SHARE * strap.width_px) for strap in straps])
        values = {
            "thick_px": float(errors.mean()),
            "thick_share": float((errors / allowed).mean()),
            "drift_share": float((drifted / allowed).mean()),
            "calm_px": float(self._errors_after(faithful, case, number).mean()),
        }
        if KINDS[number % len(KINDS)] == "brick":
            values["thick_brick_px"] = values["thick_px"]
        worst = straps[int((errors / allowed).argmax())]
        pictures = (
            Picture.of("photo", at_strap(case.scene.photo, worst)),
            Picture.of(f"generated, {dose:g} px too wide", at_strap(drawing.picture, worst)),
            Picture.of(f"finished, off by {values['thick_px']:.3f} px", at_strap(picture, worst)),
        )
        return Reading(f"{case.scene.name}, {dose:g} px too wide", values, pictures)

    def _errors_after(self, fault: Fault, case: Case, number: int) -> NDArray[np.float64]:
        drawing = drawn_by(fault, case.scene, number)
        return _errors(case, drawing, finished(case, drawing.result(), Preservation.EXACT))


def _errors(case: Case, drawing: Drawing, picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    seen = seen_coverage(to_linear(picture), case.scene.foreground, drawing.background)
    return np.abs(width_errors(seen, case.scene.garment.straps))

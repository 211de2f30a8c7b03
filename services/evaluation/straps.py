"""Are thin straps as wide in the finished picture as they are?"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.common.srgb import to_linear
from services.evaluation.case import Case, Cases
from services.evaluation.crops import at_strap
from services.evaluation.reading import Picture, Reading
from services.evaluation.truth.backdrop import plain
from services.evaluation.truth.photo import Blend, developed
from services.evaluation.width import seen_coverage, width_errors
from services.postprocess.composite import composite

#: sRGB of the new background. It differs from all cloths, and from all that they are photographed before.
_PAPER: Final = (0.28, 0.62, 0.66)

_KINDS: Final = {
    "strap_px": (Blend.LIGHT, False),
    "strap_encoded_px": (Blend.ENCODED, False),
    "strap_worn_px": (Blend.LIGHT, True),
}


class Straps:
    """Cuts out, composites on one colour, and measures the visible width.

    Args:
        cases: The drawn photos.
    """

    name = "straps"
    most = 200

    def __init__(self, cases: Cases) -> None:
        self._cases = cases

    def ask(self, number: int) -> Reading:
        """Of each kind of photo the mean error of both straps, sign dropped."""
        values, finished = {}, {}
        for measure, (blend, damaged) in _KINDS.items():
            errors, finished[measure] = _on_paper(self._cases.get(number, blend, damaged))
            values[measure] = float(errors.mean())
        scene = self._cases.get(number).scene
        strap = scene.garment.straps[0]
        pictures = [Picture.of("photo", at_strap(scene.photo, strap))]
        pictures += [
            Picture.of(f"{measure}: {values[measure]:.3f} px", at_strap(picture, strap))
            for measure, picture in finished.items()
        ]
        return Reading(scene.name, values, tuple(pictures))


def _on_paper(case: Case) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """How far each strap's visible width is off, sign dropped, and the picture, (H, W, 3) uint8 sRGB."""
    scene = case.scene
    paper = plain(scene.garment.size_hw, _PAPER)
    picture = composite(developed(paper), case.product)
    seen = seen_coverage(to_linear(picture), scene.foreground, paper)
    return np.abs(width_errors(seen, scene.garment.straps)), picture

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
        values, pictures = {}, []
        for measure, (blend, damaged) in _KINDS.items():
            case = self._cases.get(number, blend, damaged)
            value, shown = _visible_error(case)
            values[measure] = value
            pictures += [Picture.of(f"{measure}: {value:.3f}", shown)]
        scene = self._cases.get(number).scene
        pictures.insert(0, Picture.of("photo", at_strap(scene.photo, scene.garment.straps[0])))
        return Reading(scene.name, values, tuple(pictures))


def _visible_error(case: Case) -> tuple[float, NDArray[np.uint8]]:
    scene = case.scene
    paper = plain(scene.garment.size_hw, _PAPER)
    picture = composite(developed(paper), case.product)
    seen = seen_coverage(to_linear(picture), scene.foreground, paper)
    errors = np.abs(width_errors(seen, scene.garment.straps))
    return float(errors.mean()), at_strap(picture, scene.garment.straps[int(errors.argmax())])

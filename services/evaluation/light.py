"""Does the product stay itself where no other light is wanted?"""

from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from services.common.deadline import Deadline
from services.evaluation.case import Cases
from services.evaluation.crops import around
from services.evaluation.difference import delta_e, similarity
from services.evaluation.generators import MATT, NEUTRAL
from services.evaluation.reading import Picture, Reading
from services.evaluation.truth.backdrop import studio
from services.evaluation.truth.photo import developed
from services.generate.schema import GenerateResult
from services.postprocess.restorer import compose
from services.postprocess.schema import Preservation

#: Edge pixels mix with the background, and are not the product's alone.
_INSIDE_PX: Final = 4
#: Mid-toned greys (sRGB) and azimuths around the camera's back, which scenes go through.
_GREYS: Final = (0.63, 0.6, 0.66, 0.64, 0.61)
_AZIMUTHS: Final = (180.0, 168.0, -170.0, -165.0)


class NoRelight:
    """Harmonizes products into a mid-toned studio under white frontal light, as they were taken.

    Args:
        cases: The drawn photos.
    """

    name = "light"
    most = 200

    def __init__(self, cases: Cases) -> None:
        self._cases = cases

    def ask(self, number: int) -> Reading:
        """deltaE2000 and SSIM between the photo's product and the picture's."""
        case = self._cases.get(number)
        photo = case.scene.photo
        grey = _GREYS[number % len(_GREYS)]
        background = developed(studio(case.scene.garment.size_hw, (grey, grey, grey - 0.01), 5000 + number))
        light = replace(NEUTRAL, azimuth_deg=_AZIMUTHS[number % len(_AZIMUTHS)])
        scene = GenerateResult(background, light, MATT, "drawn truth", 0.0)
        picture = compose(case.request(Preservation.HARMONIZED), case.product, scene, Deadline())
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _INSIDE_PX + 1, 2 * _INSIDE_PX + 1))
        inside = cv2.erode((case.scene.alpha == 1).astype(np.uint8), disc) > 0
        off = delta_e(photo, picture, inside)
        values = {
            "light_mean": float(off.mean()),
            "light_p95": float(np.percentile(off, 95)),
            "light_ssim": similarity(photo, picture, inside),
        }
        line = case.scene.garment.lines[0]
        x, y = int(line.left + 30), int(line.baseline)
        pictures = (
            Picture.of("photo", around(photo, x, y)),
            Picture.of(f"harmonized, deltaE {values['light_mean']:.3f}", around(picture, x, y)),
        )
        return Reading(case.scene.name, values, pictures)

"""Does the product stay itself where no other light is wanted, and take on the light that is?"""

from dataclasses import replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.srgb import to_bytes
from services.evaluation.case import Case, Cases
from services.evaluation.crops import around
from services.evaluation.difference import delta_e, similarity
from services.evaluation.finishing import finished
from services.evaluation.generators import MATT, NEUTRAL, drawn_by, lit, passed_through_latents
from services.evaluation.reading import Picture, Reading
from services.evaluation.truth.backdrop import studio
from services.evaluation.truth.photo import developed
from services.generate.schema import GenerateResult
from services.postprocess.schema import Preservation

#: Edge pixels mix with the background, and are not the product's alone.
_INSIDE_PX: Final = 4
#: Mid-toned greys (sRGB) and azimuths around the camera's back, which scenes go through.
_GREYS: Final = (0.63, 0.6, 0.66, 0.64, 0.61)
_AZIMUTHS: Final = (180.0, 168.0, -170.0, -165.0)
#: The light that a generator gives: its gain at either side of the picture, linear RGB.
_GAINS: Final = (((1.45, 1.3, 1.05), (0.6, 0.68, 0.8)), ((0.6, 0.68, 0.8), (1.35, 1.28, 1.15)))


class LightKept:
    """Harmonizes products into scenes that ask for no other light, and into one that does.

    No other light is asked for by an empty mid-toned studio under white frontal light, and by a generator that drew the
    product in the light of its photo.

    Args:
        cases: The drawn photos.
    """

    name = "light"
    most = 200

    def __init__(self, cases: Cases) -> None:
        self._cases = cases

    def ask(self, number: int) -> Reading:
        """deltaE2000 and SSIM inside; of the light that is wanted, against the photo under the same gain."""
        case = self._cases.get(number)
        scenes = {"empty": _empty(case, number), "drawn": drawn_by(passed_through_latents, case.scene, number).result()}
        kept = {name: finished(case, scene, Preservation.HARMONIZED) for name, scene in scenes.items()}
        gain = _gain(case, number)
        wanted = drawn_by(lit(passed_through_latents, gain), case.scene, number).result()
        relit = finished(case, wanted, Preservation.HARMONIZED)
        truth = to_bytes(case.scene.foreground * gain)
        inside = _inside(case)
        off = np.concatenate([delta_e(case.scene.photo, picture, inside) for picture in kept.values()])
        values = {
            "light_mean": float(off.mean()),
            "light_p95": float(np.percentile(off, 95)),
            "light_ssim": min(similarity(case.scene.photo, picture, inside) for picture in kept.values()),
            "relight_mean": float(delta_e(truth, relit, inside).mean()),
            "unlit_mean": float(delta_e(truth, case.scene.photo, inside).mean()),
        }
        return Reading(case.scene.name, values, _pictures(case, kept, relit, truth))


def _empty(case: Case, number: int) -> GenerateResult:
    grey = _GREYS[number % len(_GREYS)]
    background = developed(studio(case.scene.garment.size_hw, (grey, grey, grey - 0.01), 5000 + number))
    light = replace(NEUTRAL, azimuth_deg=_AZIMUTHS[number % len(_AZIMUTHS)])
    return GenerateResult(background, light, MATT, "drawn truth", 0.0, clean=True)


def _gain(case: Case, number: int) -> NDArray[np.float32]:
    """(H, W, 3) from one side to the other."""
    left, right = (np.array(side, np.float32) for side in _GAINS[number % len(_GAINS)])
    height, width = case.scene.alpha.shape
    share = ((np.arange(width, dtype=np.float32) + 0.5) / width)[None, :, None]
    return np.broadcast_to(np.asarray((1 - share) * left + share * right, np.float32), (height, width, 3))


def _inside(case: Case) -> NDArray[np.bool_]:
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _INSIDE_PX + 1, 2 * _INSIDE_PX + 1))
    return np.asarray(cv2.erode((case.scene.alpha == 1).astype(np.uint8), disc) > 0)


def _pictures(
    case: Case, kept: dict[str, NDArray[np.uint8]], relit: NDArray[np.uint8], truth: NDArray[np.uint8]
) -> tuple[Picture, ...]:
    line = case.scene.garment.lines[0]
    x, y = int(line.left + 30), int(line.baseline)
    shown = {"photo": case.scene.photo, **{f"no light wanted, {name}": picture for name, picture in kept.items()}}
    shown |= {"another light wanted": relit, "its truth": truth}
    return tuple(Picture.of(caption, around(image, x, y)) for caption, image in shown.items())

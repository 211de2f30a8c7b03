"""Is the camera found that took a photo, from the shape of what stands in it, and is it known when it is not?"""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.camera import FULL_FRAME_MM
from services.evaluation.case import Cases
from services.evaluation.reading import Picture, Reading
from services.evaluation.truth.goods import box_good, round_good
from services.evaluation.truth.photo import worn
from services.evaluation.truth.taken import Stand, Taken
from services.workflow.fit import SURE
from services.workflow.lens import Lens
from services.workflow.perspective import RIGHT_FOCAL, RIGHT_PITCH_DEG, RIGHT_ROLL_DEG
from services.workflow.viewpoint import Viewpoint, find_viewpoint

#: What a camera does to its picture: noise in sRGB steps, and a JPEG's quality.
_NOISE: Final = 2.0
_QUALITY: Final = 90
_KINDS: Final = {"round": round_good, "box": box_good}
_TRUE: Final = (255, 60, 30)
_READ: Final = (40, 220, 60)
_ARM_PX: Final = 90


class PerspectiveRead:
    """Photographs a round good and a box by the same camera, and asks how that one stood, pose left open.

    Args:
        cases: Cut them out.
    """

    name = "perspective"
    most = 200

    def __init__(self, cases: Cases) -> None:
        self._cases = cases

    def ask(self, number: int) -> Reading:
        """Errors: of pitch always, of roll and focal length where they are surely told; and whether all was right that
        was surely told."""
        stand = Stand.drawn(number)
        values: dict[str, float] = {}
        pictures = []
        for kind, make in _KINDS.items():
            taken = Taken.of(make(number), stand, number)
            photo = worn(taken.photo, _NOISE, _QUALITY, number)
            found = find_viewpoint(photo, self._cases.cut(photo, taken.coverage).alpha)
            for measure, value in _errors(kind, found, stand).items():
                values[measure] = min(value, values.get(measure, value)) if measure.endswith("right") else value
            words = f"{taken.name}: {_told(found)}"
            pictures.append(Picture.of(words, _drawn(photo, found, stand)))
        return Reading(f"{stand.pitch_deg:.0f} degrees down, {stand.focal_mm:.0f} mm", values, tuple(pictures))


def _errors(kind: str, found: Viewpoint, stand: Stand) -> dict[str, float]:
    off = abs(found.pitch_deg - stand.pitch_deg)
    values = {f"pitch_{kind}_deg": off}
    if found.pitch_confidence >= SURE:
        values["pitch_right"] = float(off <= RIGHT_PITCH_DEG)
    seen = found.perspective
    if seen is not None and seen.roll_confidence >= SURE:
        values[f"roll_{kind}_deg"] = abs(seen.roll_deg - stand.roll_deg)
        values["roll_right"] = float(values[f"roll_{kind}_deg"] <= RIGHT_ROLL_DEG)
    if seen is not None and seen.focal_confidence >= SURE:
        ratio = abs(math.log(seen.focal_mm / stand.focal_mm))
        values[f"focal_{kind}_percent"] = 100 * (math.exp(ratio) - 1)
        values["focal_right"] = float(ratio <= RIGHT_FOCAL)
    return values


def _told(found: Viewpoint) -> str:
    words = f"read {found.pitch_deg:.0f} down ({found.pitch_confidence:.2f})"
    seen = found.perspective
    if seen is None:
        return words
    return (
        f"{words}, rolled {seen.roll_deg:.1f} ({seen.roll_confidence:.2f}), "
        f"{seen.focal_mm:.0f} mm ({seen.focal_confidence:.2f})"
    )


def _drawn(photo: NDArray[np.uint8], found: Viewpoint, stand: Stand) -> NDArray[np.uint8]:
    """The photo with an upright and two level directions: as they are in red, as they were read in green."""
    picture = photo.copy()
    height, width = photo.shape[:2]
    foot = np.array([width / 2, 0.7 * height])
    point = (foot - (width / 2, height / 2))[None] / math.hypot(height, width)
    lenses = [(_TRUE, stand.pitch_deg, stand.roll_deg, stand.focal_mm)]
    if found.perspective is not None:
        seen = found.perspective
        lenses.append((_READ, seen.pitch_deg, seen.roll_deg, seen.focal_mm))
    for colour, pitch, roll, focal in lenses:
        lens = Lens(math.radians(pitch), math.radians(roll), focal / FULL_FRAME_MM)
        for way in lens.toward(point, lens.frame(math.pi / 4))[:, 0]:
            end = foot + _ARM_PX * way
            cv2.line(picture, _pixel(foot), _pixel(end), colour, 2, cv2.LINE_AA)
    return picture


def _pixel(point: NDArray[np.float64]) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))

"""How far is alpha from the truth, where it is decided?"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.alpha import OPAQUE
from services.evaluation.case import Case, Cases
from services.evaluation.crops import around, grey
from services.evaluation.reading import Picture, Reading

#: The band reaches so far to either side of the true edge, in pixels.
BAND_PX: Final = 5


class Alpha:
    """Compares alphas in a band around the true edge.

    Args:
        cases: The drawn photos.
    """

    name = "alpha"
    most = 200

    def __init__(self, cases: Cases) -> None:
        self._cases = cases

    def ask(self, number: int) -> Reading:
        """The RMSE of the clean photo and of the damaged one."""
        clean, worn = self._cases.get(number), self._cases.get(number, damaged=True)
        values = {"alpha_rmse": band_rmse(_found(clean), clean.scene.alpha)}
        values["alpha_worn_rmse"] = band_rmse(_found(worn), worn.scene.alpha)
        off = np.abs(_found(clean) - clean.scene.alpha)
        row, column = np.unravel_index(int(cv2.blur(off, (9, 9)).argmax()), off.shape)
        pictures = (
            Picture.of("photo, where it is worst", around(clean.scene.photo, int(column), int(row))),
            Picture.of("alpha", around(grey(_found(clean)), int(column), int(row))),
            Picture.of("difference, ten times", around(grey(10 * off), int(column), int(row))),
        )
        return Reading(clean.scene.name, values, pictures)


def band_rmse(found: NDArray[np.float32], truth: NDArray[np.float32]) -> float:
    """Root mean square of the difference within `BAND_PX` of the true edge, in steps of 255."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * BAND_PX + 1, 2 * BAND_PX + 1))
    edge = ((truth > 0) & (truth < 1)).astype(np.uint8)
    band = cv2.dilate(edge, disc) > 0
    return float(255 * np.sqrt(np.mean((found - truth)[band] ** 2)))


def _found(case: Case) -> NDArray[np.float32]:
    return np.asarray(case.cutout.alpha / np.float32(OPAQUE))

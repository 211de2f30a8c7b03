"""Is a garment taken off its mannequin: what of the mannequin stays, what of the cloth goes?"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab

from services.common.alpha import OPAQUE
from services.common.srgb import to_bytes
from services.evaluation.alpha import band_rmse
from services.evaluation.case import Cases
from services.evaluation.crops import grey
from services.evaluation.reading import Picture, Reading
from services.evaluation.truth.dressed import Dressed
from services.segment.schema import SegmentResult, Selection
from services.segment.tips import deepest

#: A caller points at parts above this share of what is seen of the mannequin.
_PART: Final = 0.02
#: Where edge colours count: of alphas in between.
_MIXED: Final = (0.1, 0.9)
#: Shares of the cloth that go, and of the mannequin that stay, up to which a garment counts as taken off.
_PARTED: Final = (0.05, 0.01)
#: So near to the mannequin an edge is one with it, in pixels.
_NEAR: Final = 5


class Mannequins:
    """Cuts out garments that mannequins wear; those of about the mannequin's colour are told apart.

    Args:
        cases: Cut things out.
    """

    name = "mannequin"
    most = 28

    def __init__(self, cases: Cases) -> None:
        self._cases = cases

    def ask(self, number: int) -> Reading:
        """Shares of mannequin and cloth that are on the wrong side, how the edge is, and what points mend."""
        plain, alike = Dressed.drawn(number), Dressed.drawn(number, alike=True)
        found, missed = self._cut(plain), self._cut(alike)
        left, lost = _wrong(found, plain)
        alike_left, alike_lost = _wrong(missed, alike)
        pointed_left, pointed_lost = _wrong(self._cut(alike, pointed=True), alike)
        values = {
            "mannequin_left": left,
            "mannequin_lost": lost,
            "mannequin_parted": float(lost <= _PARTED[0] and left <= _PARTED[1]),
            "mannequin_unfound": float(not found.mannequin_confidence),
            "mannequin_rmse": band_rmse(_alpha(found), plain.garment),
            "mannequin_rim": _rim(found, plain),
            "mannequin_alike_left": alike_left,
            "mannequin_alike_lost": alike_lost,
            "mannequin_alike_silent": float(alike_left > 0.1 and bool(missed.mannequin_confidence)),
            "mannequin_pointed_left": pointed_left,
            "mannequin_pointed_lost": pointed_lost,
        }
        pictures = (
            Picture.of("photo", plain.photo),
            Picture.of("alpha", grey(_alpha(found))),
            Picture.of("of the mannequin's colour", alike.photo),
            Picture.of("its alpha", grey(_alpha(missed))),
        )
        return Reading(plain.name, values, pictures)

    def _cut(self, worn: Dressed, pointed: bool = False) -> SegmentResult:
        cloth, mannequin = _points(worn) if pointed else ((), ())
        selection = Selection(include_points=cloth, exclude_points=mannequin, ghost_mannequin=True)
        return self._cases.cut(worn.photo, worn.whole, selection)


def _points(worn: Dressed) -> tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]:
    """The middle of the cloth, and of each part of the mannequin."""
    seen = (worn.whole > 0.5) & (worn.garment < 0.5)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(seen.astype(np.uint8))
    areas = stats[:, cv2.CC_STAT_AREA]
    largest = [part for part in range(1, count) if areas[part] > _PART * seen.sum()]
    return (deepest(worn.garment > 0.5),), tuple(deepest(np.asarray(labels == part)) for part in largest)


def _alpha(cutout: SegmentResult) -> NDArray[np.float32]:
    return np.asarray(cutout.alpha / np.float32(OPAQUE), np.float32)


def _wrong(cutout: SegmentResult, worn: Dressed) -> tuple[float, float]:
    """The shares of the mannequin that stay, and of the cloth that goes."""
    kept = _alpha(cutout)
    mannequin = worn.whole - worn.garment
    left = float((np.minimum(kept, mannequin) * (worn.garment == 0)).sum() / (mannequin * (worn.garment == 0)).sum())
    return left, float(np.maximum(worn.garment - kept, 0).sum() / worn.garment.sum())


def _rim(cutout: SegmentResult, worn: Dressed) -> float:
    """Mean deltaE2000 of edge colours beside the mannequin to the cloth's own."""
    kept = _alpha(cutout)
    side = 2 * _NEAR + 1
    beside = cv2.dilate(((worn.whole - worn.garment) > 0.5).astype(np.uint8), np.ones((side, side), np.uint8)) > 0
    edge = (kept > _MIXED[0]) & (kept < _MIXED[1]) & (worn.garment > _MIXED[0]) & beside
    if not edge.any():
        return 0.0
    own, true = (rgb2lab(pixels[None] / 255) for pixels in (cutout.foreground[edge], to_bytes(worn.colors)[edge]))
    return float(deltaE_ciede2000(own, true).mean())  # type: ignore[no-untyped-call] # scikit-image has no types here

"""How far is alpha from the truth where cutting out is hardest: hair, lace, glass?"""

import numpy as np

from services.common.alpha import OPAQUE
from services.evaluation.alpha import band_rmse
from services.evaluation.case import Cases
from services.evaluation.crops import around, grey
from services.evaluation.reading import Picture, Reading
from services.evaluation.truth.fine import FineThing
from services.evaluation.truth.network import TruthNetwork


class Fine:
    """Compares alphas of fine things, each kind for itself.

    Args:
        cases: Cut things out.
    """

    name = "fine"
    most = 30

    def __init__(self, cases: Cases) -> None:
        self._cases = cases

    def ask(self, number: int) -> Reading:
        """The RMSE of the alpha that matting finds, and of the network's mask as it comes."""
        thing = FineThing.drawn(number)
        cutout = self._cases.cut(thing.photo, thing.alpha)
        found = np.asarray(cutout.alpha / np.float32(OPAQUE), np.float32)
        off = np.abs(found - thing.alpha)
        row, column = (int(place) for place in np.unravel_index(int(off.argmax()), off.shape))
        pictures = (
            Picture.of("photo, where it is worst", around(thing.photo, column, row)),
            Picture.of("alpha", around(grey(found), column, row)),
            Picture.of("the true one", around(grey(thing.alpha), column, row)),
        )
        mask = TruthNetwork(thing.photo, thing.alpha).mask()
        values = {
            f"{thing.kind}_rmse": band_rmse(found, thing.alpha),
            f"{thing.kind}_mask_rmse": band_rmse(mask, thing.alpha),
        }
        return Reading(f"{number}: {thing.kind}", values, pictures)

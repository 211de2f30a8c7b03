"""Is the opaque product the photo's own, byte for byte?"""

import numpy as np

from services.evaluation.case import Cases
from services.evaluation.finishing import finished
from services.evaluation.generators import drawn_by, warped
from services.evaluation.reading import Reading
from services.postprocess.proof import picture_digest, product_digest
from services.postprocess.schema import Preservation, Shadow


class Core:
    """Finishes pictures in exact mode, shadow included, and compares the core with the photo.

    Args:
        cases: The drawn photos.
    """

    name = "core"
    most = 200

    def __init__(self, cases: Cases) -> None:
        self._cases = cases

    def ask(self, number: int) -> Reading:
        """How many pixels of the core differ, and how much of what is truly opaque the core is.

        Both the bytes and the service's own digests are compared: a digest that agrees where bytes do not would be a
        false proof.
        """
        case = self._cases.get(number)
        drawing = drawn_by(warped(1.0), case.scene, number)
        product = case.product
        picture = finished(case, drawing.result(), Preservation.EXACT, Shadow.SOFT)
        core = np.zeros(case.scene.alpha.shape, bool)
        core[product.box.slices()] = product.core
        differs = (picture != case.scene.photo).any(axis=2) & core
        same = product_digest(product) == picture_digest(picture, product)
        wrong = int(differs.sum()) if core.any() else core.size
        if same != (wrong == 0):
            wrong = core.size
        share = float((core & (case.scene.alpha == 1)).sum() / max(1, (case.scene.alpha == 1).sum()))
        return Reading(case.scene.name, {"core_changed_px": float(wrong), "core_share": share})

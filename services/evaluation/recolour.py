"""Does a product in another colour look as if it had been dyed so?"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.color import rgb2lab
from skimage.metrics import structural_similarity

from services.common.deadline import Deadline
from services.evaluation.case import Case, Cases
from services.evaluation.crops import around
from services.evaluation.difference import delta_e
from services.evaluation.generators import MATT, NEUTRAL
from services.evaluation.reading import Picture, Reading
from services.evaluation.truth.dyed import Difficulty, Dyed
from services.evaluation.truth.photo import developed
from services.generate.schema import GenerateResult
from services.postprocess.picture import compose
from services.postprocess.recolour.recolouring import recolour
from services.postprocess.schema import Preservation

#: Edge pixels mix with the background.
_INSIDE_PX: Final = 4
#: The hard kinds, and what their measures are called.
_HARD: Final = (Difficulty.LIGHTS, Difficulty.CLIPPED, Difficulty.PRINT)
_LAB_RANGE: Final = 100.0


class Recoloured:
    """Recolours products and compares them with the same ones rendered in the other dye.

    Args:
        cases: The drawn photos.
    """

    name = "recolour"
    most = 200

    def __init__(self, cases: Cases) -> None:
        self._cases = cases

    def ask(self, number: int) -> Reading:
        """deltaE2000 and likeness of lightness inside, of one product in all ways of being hard; and what changed
        above the lowest third of the picture where a mask allows that alone."""
        scene = self._cases.get(number).scene
        easy = Dyed.drawn(scene, number, Difficulty.NONE)
        case = self._cases.of(easy.photo)
        picture, inside = _finished(case, easy), _inside(easy)
        values = _differences("recolour", easy, picture, inside)
        values["recolour_ssim"] = _lightness_alike(easy.truth.photo, picture, inside)
        rim = (scene.alpha > 0) & ~inside
        values["recolour_rim_mean"] = float(delta_e(easy.truth.photo, picture, rim).mean())
        values["recolour_outside_px"] = _changed_outside(case, easy)
        pictures = list(_pictures("", easy, picture))
        for kind in _HARD:
            hard = Dyed.drawn(scene, number, kind)
            picture = _finished(self._cases.of(hard.photo), hard)
            values |= _differences(f"recolour_{kind}", hard, picture, inside)
            pictures += _pictures(f"{kind}: ", hard, picture)
        return Reading(f"{scene.name}, to rgb{easy.wanted}", values, tuple(pictures))


def _finished(case: Case, dyed: Dyed, mask: NDArray[np.uint8] | None = None) -> NDArray[np.uint8]:
    """The picture with the product in its new colour, before its own background."""
    product = case.product
    product = recolour(product, dyed.wanted, None if mask is None else mask[product.box.slices()]).product
    plate = GenerateResult(developed(dyed.photo.background), NEUTRAL, MATT, "drawn truth", 0.0, clean=True)
    return compose(case.request(Preservation.EXACT), product, plate, Deadline()).picture


def _differences(name: str, dyed: Dyed, picture: NDArray[np.uint8], inside: NDArray[np.bool_]) -> dict[str, float]:
    off = delta_e(dyed.truth.photo, picture, inside)
    return {f"{name}_mean": float(off.mean()), f"{name}_p95": float(np.percentile(off, 95))}


def _changed_outside(case: Case, dyed: Dyed) -> float:
    """Opaque pixels whose bytes differ from the photo's where a mask lets nothing change."""
    mask = np.zeros(dyed.photo.alpha.shape, np.uint8)
    mask[len(mask) * 2 // 3 :] = 255
    core = np.zeros(mask.shape, bool)
    core[case.product.box.slices()] = case.product.core
    differs = (_finished(case, dyed, mask) != dyed.photo.photo).any(axis=2)
    return float(np.count_nonzero(differs & core & (mask == 0)))


def _inside(dyed: Dyed) -> NDArray[np.bool_]:
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _INSIDE_PX + 1, 2 * _INSIDE_PX + 1))
    return np.asarray(cv2.erode((dyed.photo.alpha == 1).astype(np.uint8), disc) > 0)


def _lightness_alike(first: NDArray[np.uint8], second: NDArray[np.uint8], inside: NDArray[np.bool_]) -> float:
    """Mean SSIM (Wang et al., 2004; 7 x 7) of CIELAB's L over windows around pixels inside."""
    lightness = [rgb2lab(image)[..., 0] for image in (first, second)]
    _, local = structural_similarity(  # type: ignore[no-untyped-call] # scikit-image's types are partial
        lightness[0], lightness[1], win_size=7, data_range=_LAB_RANGE, full=True
    )
    return float(np.mean(local[inside]))


def _pictures(called: str, dyed: Dyed, picture: NDArray[np.uint8]) -> tuple[Picture, ...]:
    x, y = (int(each) for each in dyed.photo.garment.body.mean(axis=0))
    shown = {"photo": dyed.photo.photo, "recoloured": picture, "rendered so": dyed.truth.photo}
    return tuple(Picture.of(f"{called}{name}", around(image, x, y)) for name, image in shown.items())

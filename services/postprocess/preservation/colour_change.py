"""What a change of colour came to: how near it is to what was asked, where it is, and that all else stayed."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab

from services.common.css_color import RGB
from services.common.geometry import Box
from services.common.srgb import to_linear
from services.postprocess.preservation.structure import structure
from services.postprocess.recolour.oklab import to_oklab
from services.postprocess.recolour.recolouring import Recolouring

#: From this on a pixel counts as being of the colour that was changed, and as surely of it.
_OF_IT: Final = 0.5
_SURELY: Final = 0.9
#: Of a byte's range, where the middle lightness is laid before two pictures' folds are compared.
_MIDDLE: Final = 110.0


@dataclass(frozen=True)
class ColourChange:
    """A change of the product's main colour.

    Args:
        before, after: sRGB, medians over all of it that is opaque.
        distance: Of `after` from what was asked for, in CIEDE2000.
        box: Where on the canvas it is.
        area_px: How many opaque pixels have changed with it.
        share: Of all opaque pixels.
        outside_px: Opaque pixels beside it whose bytes have changed.
        outside_yx: The first of them, row and column on the canvas.
        structure: Mean structural similarity of its folds, seams and highlights before and after, as lightness relative
            to the middle one; None where it is too thin for a window.
    """

    before: RGB
    after: RGB
    distance: float
    box: Box
    area_px: int
    share: float
    outside_px: int
    outside_yx: tuple[int, int] | None
    structure: float | None

    def moved(self, down: int, right: int) -> "ColourChange":
        """The same with its places further down and to the right."""
        box = replace(self.box, top=self.box.top + down, left=self.box.left + right)
        place = self.outside_yx and (self.outside_yx[0] + down, self.outside_yx[1] + right)
        return replace(self, box=box, outside_yx=place)


def colour_change(shown: NDArray[np.uint8], recolouring: Recolouring) -> ColourChange:
    """Measure it where the product is seen.

    Args:
        shown: (H, W, 3) uint8 sRGB, the product's box in the finished picture.
        recolouring: What was done.
    """
    product, before = recolouring.product, recolouring.before
    changed = product.core & (recolouring.region >= _OF_IT)
    surely = product.core & (recolouring.region >= _SURELY)
    told = surely if surely.any() else changed if changed.any() else product.core
    first, last = _median(before[told]), _median(shown[told])
    beside = product.core & (recolouring.region == 0) & (shown != before).any(axis=-1)
    place = np.unravel_index(np.argmax(beside), beside.shape) if beside.any() else None
    alike = structure(_folds(before, told), _folds(shown, told), changed)
    top, left = product.box.top, product.box.left
    return ColourChange(
        before=first,
        after=last,
        distance=_distance(last, recolouring.wanted),
        box=_box_of(changed, top, left),
        area_px=int(np.count_nonzero(changed)),
        share=int(np.count_nonzero(changed)) / max(1, int(np.count_nonzero(product.core))),
        outside_px=int(np.count_nonzero(beside)),
        outside_yx=None if place is None else (int(place[0]) + top, int(place[1]) + left),
        structure=None if alike is None else alike.mean,
    )


def _median(pixels: NDArray[np.uint8]) -> RGB:
    red, green, blue = (int(each) for each in np.median(pixels, axis=0)) if len(pixels) else (0, 0, 0)
    return red, green, blue


def _distance(first: RGB, second: RGB) -> float:
    lab = rgb2lab(np.array([[first, second]], np.uint8))
    found = deltaE_ciede2000(lab[0, 0], lab[0, 1])  # type: ignore[no-untyped-call] # scikit-image has no types
    return float(found)


def _folds(image: NDArray[np.uint8], told: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Lightness as grey, the middle one of each picture at the same level: shading alone changes it."""
    lightness = to_oklab(to_linear(image))[..., 0]
    middle = max(float(np.median(lightness[told])) if told.any() else 1.0, 1e-3)
    levels = np.clip(np.round(lightness / middle * _MIDDLE), 0, 255).astype(np.uint8)
    return np.repeat(levels[..., None], 3, axis=2)


def _box_of(where: NDArray[np.bool_], top: int, left: int) -> Box:
    rows, columns = np.flatnonzero(where.any(axis=1)), np.flatnonzero(where.any(axis=0))
    if not len(rows):
        return Box(top, left, 0, 0)
    return Box(
        top + int(rows[0]), left + int(columns[0]), int(rows[-1] - rows[0] + 1), int(columns[-1] - columns[0] + 1)
    )

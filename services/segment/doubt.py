"""Where the network hesitates, so that the photo has to tell."""

from dataclasses import dataclass
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.geometry import Box

Mask = NDArray[np.bool_]

#: Between these the network hesitates; below the middle one it would rather say no.
_DOUBT: Final = (0.05, 0.5, 0.95)
#: Side of the square around places of the region in which that counts, in places of the network's grid.
_NEAR: Final = 13
#: And of the square that holds the blur of the region's own edge.
_RIM: Final = 7
#: Strands leave a trace above this in the mask (of the joints between floor tiles, some leave one of 0.2), thinner than
#: so many places of the grid: some strands side by side leave one together.
_TRACE: Final = 0.25
_THICK: Final = 13
#: Hair, fur and fringes are many: so many traces reach so many places beyond the rim. Of forty photos of garments
#: without any, none has more than two (a joint between tiles, a hanger's shadow); drawn hair has 26 and more.
_MANY: Final = 5
_REACH: Final = 8


@dataclass(frozen=True)
class Doubt:
    """Where what lies outside of the region may still be product.

    Args:
        places: (H, W) bool, all of them: beside the region, and on strands.
        strands: (H, W) bool, straps, threads and hair too fine for the network's grid, and a little around them. An
            edge that is found in the mask tells nothing there.
    """

    places: Mask
    strands: Mask

    @classmethod
    def of(cls, mask: NDArray[np.float32], region: Mask, size_hw: tuple[int, ...]) -> Self:
        """Read it from a mask.

        Args:
            mask: (h, w) float32 in [0, 1], of the network's size.
            region: (h, w) bool, where the mask is product; somewhere true.
            size_hw: The photo's size.
        """
        near, rim = (cv2.dilate(region.view(np.uint8), np.ones((side, side), np.uint8)) > 0 for side in (_NEAR, _RIM))
        strands = _strands(mask, rim)
        never, rather_not, surely = _DOUBT
        hesitates = (mask > never) & (mask < surely)
        return cls(
            _at_size((near | strands) & hesitates, size_hw),
            _at_size(strands & ~rim & hesitates & (mask < rather_not), size_hw),
        )

    def within(self, box: Box) -> Self:
        """The part of it in a box of the photo."""
        return type(self)(self.places[box.slices()], self.strands[box.slices()])


def _strands(mask: NDArray[np.float32], rim: Mask) -> Mask:
    """(h, w) bool: thin traces of product that begin at the region's rim, where they are many, and around them."""
    trace = (mask > _TRACE).view(np.uint8)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_THICK, _THICK))
    thin = (trace > 0) & (cv2.morphologyEx(trace, cv2.MORPH_OPEN, disc) == 0)
    _, labels = cv2.connectedComponents((thin | rim).view(np.uint8), connectivity=8)
    held = np.zeros(int(labels.max()) + 1, np.bool_)
    held[labels[rim]] = True
    held[0] = False
    strands = thin & held[labels]
    if _count_far(strands, rim) < _MANY:
        return np.zeros_like(strands)
    return np.asarray(cv2.dilate(strands.view(np.uint8), np.ones((5, 5), np.uint8)) > 0)


def _count_far(strands: Mask, rim: Mask) -> int:
    """How many of them reach far beyond the rim."""
    away = cv2.distanceTransform((~rim).view(np.uint8), cv2.DIST_L2, 5)
    _, labels = cv2.connectedComponents((strands & ~rim).view(np.uint8), connectivity=8)
    return np.unique(labels[(labels > 0) & (away >= _REACH)]).size


def _at_size(places: Mask, size_hw: tuple[int, ...]) -> Mask:
    return np.asarray(cv2.resize(places.view(np.uint8), size_hw[::-1], interpolation=cv2.INTER_NEAREST) > 0)

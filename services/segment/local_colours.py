"""What product and background look like beside the pixels whose alpha is unknown."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab

from services.segment.doubt import Mask
from services.segment.trimap import Trimap

Array = NDArray[np.float32]

#: Half the side of the window in which known pixels are averaged, in places of the grid; it is doubled where there are
#: none, up to the widest. A strand of hair gets the colour of where it grows.
_RADIUS: Final = 4
_WIDEST: Final = 256
#: Sums are taken on a grid this much coarser than the photo; nothing is lost, as the windows are far larger.
_GRID: Final = 2
#: A colour needs this share of its window known.
_LEAST: Final = 0.002


@dataclass(frozen=True)
class LocalColours:
    """Mean colours of the known pixels around each of N places.

    Args:
        product: (N, 3) float32 in [0, 1], in the light space that was given.
        backdrop: (N, 3) likewise.
        spread: (N,) float32, variance around these means, of one channel on one side.
        seen: (N,) bool, where both are known, if not nearby.
    """

    product: Array
    backdrop: Array
    spread: Array
    seen: Mask

    @classmethod
    def around(cls, colours: Array, trimap: Trimap) -> Self:
        """Average around every unknown pixel of a trimap.

        Args:
            colours: (H, W, 3) float32 in [0, 1].
            trimap: (H, W).
        """
        rows, columns = np.nonzero(trimap.unknown)
        places = (rows // _GRID, columns // _GRID)
        sides = (trimap.core, ~(trimap.core | trimap.unknown))
        with ThreadPoolExecutor(2) as pool:
            both = list(pool.map(lambda known: _means(colours, known, places), sides))
        (product, product_spread, near), (backdrop, backdrop_spread, far) = both
        spread = np.asarray((product_spread + backdrop_spread) / 6, np.float32)
        return cls(product, backdrop, spread, (near > _LEAST) & (far > _LEAST))

    @property
    def contrast(self) -> Array:
        """(N,) squared distance of the two colours."""
        return np.asarray(((self.product - self.backdrop) ** 2).sum(axis=1), np.float32)

    @property
    def ambiguity(self) -> Array:
        """(N,) standard deviation of an alpha that is read from a colour by `project`."""
        return np.asarray(np.sqrt(self.spread / np.maximum(self.contrast, 1e-9)), np.float32)

    def project(self, colours: Array) -> Array:
        """Alpha in [0, 1] of the (N, 3) colours, were they mixed of just these two."""
        along = ((colours - self.backdrop) * (self.product - self.backdrop)).sum(axis=1)
        return np.asarray(np.clip(along / np.maximum(self.contrast, 1e-9), 0, 1), np.float32)

    def mixed(self, alpha: Array) -> Array:
        """(N, 3) what alpha (N,) makes of them."""
        return np.asarray(self.backdrop + alpha[:, None] * (self.product - self.backdrop), np.float32)


def difference(product: Array, backdrop: Array) -> Array:
    """DeltaE2000 (CIE 142-2001) between colours.

    Args:
        product: (N, 3) sRGB in [0, 1].
        backdrop: (N, 3) likewise.

    Returns:
        (N,) float32.
    """
    first, second = (rgb2lab(np.clip(side, 0, 1)[:, None]) for side in (product, backdrop))
    apart = deltaE_ciede2000(first, second)  # type: ignore[no-untyped-call] # scikit-image has no types here
    return np.asarray(apart[:, 0], np.float32)


def _means(
    colours: Array, known: Mask, places: tuple[NDArray[np.int64], NDArray[np.int64]]
) -> tuple[Array, Array, Array]:
    """At N places of the coarser grid: mean (N, 3), variance summed over channels (N,), share of known pixels (N,)."""
    height, width = known.shape
    right, below = -width % _GRID, -height % _GRID
    small = ((width + right) // _GRID, (height + below) // _GRID)
    weight = cv2.copyMakeBorder(known.view(np.uint8), 0, below, 0, right, cv2.BORDER_CONSTANT).astype(np.float32)
    covered = cv2.copyMakeBorder(
        cv2.bitwise_and(colours, colours, mask=known.view(np.uint8)), 0, below, 0, right, cv2.BORDER_CONSTANT
    )
    share = cv2.resize(weight, small, interpolation=cv2.INTER_AREA)
    total = cv2.resize(covered, small, interpolation=cv2.INTER_AREA)
    squares = cv2.transform(total * total, np.ones((1, 3), np.float32)) / np.maximum(share, 1e-6)
    fields = (total, squares, share)
    found = [np.zeros((len(places[0]), *field.shape[2:]), np.float32) for field in fields]
    wanted, radius = np.arange(len(places[0])), _RADIUS
    while len(wanted) and radius <= _WIDEST:
        here = (places[0][wanted], places[1][wanted])
        for values, field in zip(found, fields, strict=True):
            values[wanted] = cv2.blur(field, (2 * radius + 1, 2 * radius + 1), borderType=cv2.BORDER_CONSTANT)[here]
        wanted = wanted[found[2][wanted] <= _LEAST]
        radius *= 2
    sums, sums_of_squares, shares = found
    safe = np.maximum(shares, 1e-6)
    mean = np.asarray(sums / safe[:, None], np.float32)
    variance = np.maximum(sums_of_squares / safe - (mean * mean).sum(axis=1), 0)
    return mean, np.asarray(variance, np.float32), shares

"""Proof that no opaque pixel of the product changed.

The core is every canvas pixel where the product alone is seen: alpha is full, and where the product was resampled,
alpha is full under the whole filter. Its digest is the SHA-256 of

1. the ASCII bytes `vitrine-core-1` and one line feed;
2. five unsigned 64-bit big-endian integers: top, left, height and width of the core's bounding box on the canvas, and
   the number of its pixels (all 0 for an empty core);
3. the core's pixels, three sRGB bytes each (R, G, B), row by row from the top, left to right, others left out.

It is taken of the photo (cropped, resampled as declared, laid on an empty canvas) and of the finished picture before
it is encoded. At scale 1 (`resampling` is "none") a caller with a lossless result recomputes the second from the file:
the core is where the cutout of the same photo, written as RGBA in the photo's whole frame, has alpha 255, moved down by
`origin_top` and right by `origin_left`, as far as it lies on the canvas. Of a resampled product the core follows from
the filter, and both digests are the service's word.
"""

import hashlib
import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.postprocess.product import Product

_PREFIX: Final = b"vitrine-core-1\n"


@dataclass(frozen=True)
class CoreDigest:
    """Hex SHA-256 of a core and how many pixels it has."""

    sha256: str
    area_px: int


def core_digest(pixels: NDArray[np.uint8], core: NDArray[np.bool_], top: int = 0, left: int = 0) -> CoreDigest:
    """Digest of the core's pixels in a picture.

    Args:
        pixels: (H, W, 3) uint8 sRGB, a picture or a rectangle of it.
        core: (H, W) bool.
        top, left: Where on the canvas the rectangle begins.
    """
    rows, columns = np.flatnonzero(core.any(axis=1)), np.flatnonzero(core.any(axis=0))
    box = (0, 0, 0, 0)
    if len(rows):
        box = (top + rows[0], left + columns[0], rows[-1] + 1 - rows[0], columns[-1] + 1 - columns[0])
    inside = np.ascontiguousarray(pixels[core])
    digest = hashlib.sha256(_PREFIX + struct.pack(">5Q", *map(int, box), len(inside)))
    digest.update(inside.tobytes())
    return CoreDigest(digest.hexdigest(), len(inside))


def product_digest(product: Product) -> CoreDigest:
    """Digest of the core before anything was done to it."""
    return core_digest(product.color, product.core, product.box.top, product.box.left)


def picture_digest(picture: NDArray[np.uint8], product: Product) -> CoreDigest:
    """Digest of the same pixels in the finished picture, (H, W, 3) uint8 sRGB of the canvas' size."""
    return core_digest(picture[product.box.slices()], product.core, product.box.top, product.box.left)

"""Seams: whether the picture changes faster right beside the product than in the background farther away.

The product is put back as a shot does it. A seam, a halo or a border that was drawn around it shows as steep changes in
the ring beyond its soft edge; rendered pictures, whose shadows end there too, tell what is no seam.
"""

from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from training.artist import Artist
from training.captions import Captioner
from training.shards import Shard

#: From what is held to beyond the product's soft edge; the held area is 2 px smaller than the opaque product.
_EDGE_PX: Final = 5
#: How far from that the ring reaches, and from where on all is background.
_RING_PX: Final = 8
_FAR_PX: Final = 24


class Seam(NamedTuple):
    """Mean lightness steps from pixel to pixel (CIELAB), beside the product and far from it."""

    near: float
    far: float

    @property
    def ratio(self) -> float:
        """Over 1 = steeper beside the product."""
        return self.near / max(self.far, 1e-6)


def measure_seam(image: NDArray[np.uint8], held: NDArray[np.bool_]) -> Seam | None:
    """The seam of a picture; None where there is no product or no background far from it.

    Args:
        image: (H, W, 3) uint8 sRGB, with the product.
        held: (H, W) bool, the product without its edge.
    """
    away = cv2.distanceTransform((~held).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5) - _EDGE_PX
    near, far = (away > 0) & (away <= _RING_PX), away > _FAR_PX
    if not held.any() or not near.any() or not far.any():
        return None
    lightness = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[..., 0]
    # Of neighbours two apart, so that grain counts little.
    steps = np.hypot(*(cv2.Sobel(lightness, cv2.CV_32F, *order, ksize=3) / 8 for order in ((1, 0), (0, 1))))
    return Seam(float(steps[near].mean()), float(steps[far].mean()))


def compare_seams(artist: Artist, shard: Shard, pictures: int) -> tuple[list[Seam], list[Seam]]:
    """Seams of drawn pictures, and those of the same pictures as they were rendered.

    Args:
        artist: Draws, with each picture's own caption.
        shard: Nothing was learned from it.
        pictures: Looked at, fewer where they show no product.
    """
    drawn, rendered = [], []
    captioner = Captioner(np.random.default_rng(0))
    for index, labels in enumerate(shard.labels[:pictures]):
        context, original = shard.context(index), shard.image(index)
        known = measure_seam(original, context.held)
        if known is None:
            continue
        image = artist.draw(context, captioner.describe(labels), (index,))[0]
        found = measure_seam(image, context.held)
        if found is not None:
            drawn.append(found)
            rendered.append(known)
    return drawn, rendered

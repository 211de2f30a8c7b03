"""Which pixels' alpha is still to be found: a band whose width follows that of the part."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.segment.doubt import Doubt, Mask

Array = NDArray[np.float32]

#: The band's reach to either side of the edge, in pixels of a photo whose long side is at most `_SIDE`. It grows with
#: the photo up to `_MOST` times: a larger photo is rarely as much softer.
_REACH: Final = 3.0
_SIDE: Final = 1024
_MOST: Final = 1.5
#: Into a thin part the band goes this share of the part's local radius, so that a known core remains.
_SHARE: Final = 0.45
#: A pixel whose middle is nearer to the edge than this may be cut by it.
_LEAST: Final = 0.75
#: Above this alpha the first estimate is not sure of the background.
_SURE: Final = 0.02
#: A pixel is on the skeleton where the depth lies this far above the mean of its neighbours, in pixels: 0.67 on the
#: middle line of a strap, 0.2 on the bisector of a right angle, next to nothing on a slope.
_CREST: Final = 0.3
#: With an alpha from here on, a pixel of the skeleton is known even in the thinnest part.
_FULL: Final = 0.9
#: The radius at a place of the skeleton is the largest within this many pixels, because towards a corner it falls to 0.
_ALONG: Final = 6


@dataclass(frozen=True)
class Trimap:
    """What is known of alpha.

    Args:
        core: (H, W) bool, surely the product.
        unknown: (H, W) bool, still to be found. What is neither is surely background.
        distance: (H, W) float32, from every pixel's middle to the first estimate's edge, in pixels, unsigned.
        strands: (H, W) bool, of the unknown, those of which the first estimate tells nothing.
    """

    core: Mask
    unknown: Mask
    distance: Array
    strands: Mask


def draw_trimap(alpha: Array, doubt: Doubt, long_side: int) -> Trimap:
    """Draw a band around the edge of a first alpha.

    A band of one width swallows the core of every part that is thinner, and matting then has nothing to hold on to:
    so it goes into a part at most `_SHARE` of its local radius, read at the nearest place of the skeleton.

    Args:
        alpha: (H, W) float32 in [0, 1], the first estimate.
        doubt: Of the same size.
        long_side: Of the whole photo, in pixels.
    """
    inside = np.asarray(alpha >= 0.5)
    depth = np.asarray(cv2.distanceTransform(inside.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5), np.float32)
    away = cv2.distanceTransform((~inside).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    # Either is 0 on its own side, and counts from the middle of the first pixel beyond the edge.
    distance = np.asarray(depth + away - np.float32(0.5), np.float32)
    crest = inside & (depth - cv2.blur(depth, (3, 3)) > _CREST)
    reach = _REACH * min(max(1.0, long_side / _SIDE), _MOST)
    band = inside & (distance <= reach)
    rows, columns = np.nonzero(band)
    inward = np.maximum(_LEAST, _SHARE * _local_radius(depth, crest)[rows, columns])
    band[rows, columns] = distance[rows, columns] <= inward
    core = (inside & ~band) | (crest & (alpha > _FULL))
    outer = ~inside & ((distance <= reach) | (alpha > _SURE) | doubt.places)
    return Trimap(core, outer | (inside & ~core), distance, outer & doubt.strands)


def _local_radius(depth: Array, crest: Mask) -> Array:
    """Half the width of the part around every pixel of the product, in pixels.

    The skeleton is the crest of the depth: on the middle lines of thin parts, where it matters, the same as thinning
    the shape down (scikit-image's `skeletonize`), which takes 0.5 s of a core at 2 megapixels, against 2 ms (AMD EPYC,
    medians of 5).
    """
    if not crest.any():
        return np.full(depth.shape, np.inf, np.float32)
    along = np.ones((2 * _ALONG + 1, 2 * _ALONG + 1), np.uint8)
    heights = cv2.dilate(np.where(crest, depth - np.float32(0.5), np.float32(0)), along)
    _, labels = cv2.distanceTransformWithLabels(
        (~crest).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    radii = np.zeros(int(labels.max()) + 1, np.float32)
    radii[labels[crest]] = heights[crest]
    return np.asarray(radii[labels], np.float32)

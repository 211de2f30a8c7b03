"""Holes too small for the network's grid: the photo tells openings from faults of the mask.

The network sees lace, nets and the gaps between strands blurred, so that a small opening is no surer to it than a doubt
about a print. An opening is as deep in the mask as its blur allows, and shows what lies around the product.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.segment.matte import box_of
from services.segment.preprocess import resize

#: How blurred the mask is (standard deviation, in places of its grid), and how much shallower than that would make it a
#: hole of one radius may be.
_BLUR: Final = 2.0
_SHALLOWER: Final = 1.6
#: Where the mask is at most this, the network sees background.
_NOTHING: Final = 0.02
#: The background around a product is looked at as far as this, in places of the grid.
_AROUND: Final = 48
#: CIELAB differences (CIE76): of an opening to the background at most, and to the product around it at least.
_SAME: Final = 14.0
_OTHER: Final = 16.0
#: Fewer known places than this share of a window are none.
_HARDLY: Final = 1e-4
#: So far around a hole the product's colour is read.
_RIM: Final = 4

Mask = NDArray[np.bool_]


def true_openings(
    mask: NDArray[np.float32],
    region: Mask,
    labels: NDArray[np.int32],
    holes: NDArray[np.int64],
    image: NDArray[np.uint8],
) -> list[int]:
    """Which of the holes are openings.

    Args:
        mask: (h, w) float32 in [0, 1].
        region: (h, w) bool, where it is product, holes left open.
        labels: (h, w) int32, the number of the hole at each of its places.
        holes: Their numbers, of those to be judged.
        image: (H, W, 3) uint8 sRGB, the photo, at any size.
    """
    depth = np.asarray(cv2.distanceTransform((~region).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5), np.float32)
    deep = [hole for hole in holes if _may_be_open(mask, depth, labels == hole)]
    if not deep:
        return []
    on_grid = resize(image, (mask.shape[0], mask.shape[1])).astype(np.float32) / np.float32(255)
    colours = np.asarray(cv2.cvtColor(on_grid, cv2.COLOR_RGB2LAB), np.float32)
    # Only what is read around the holes is averaged.
    window = box_of(np.isin(labels, deep)).grown(_AROUND + _RIM, (mask.shape[0], mask.shape[1])).slices()
    behind = _local_mean(colours, (mask < _NOTHING) & ~region, _AROUND, window)
    product = _local_mean(colours, (mask > 0.9) & region, _RIM, window)
    mask, region, labels, colours = mask[window], region[window], labels[window], colours[window]
    found = []
    for hole in deep:
        place = labels == hole
        # Not its middle: a strand may cross that.
        deepest = place & (mask <= float(mask[place].min()) + _NOTHING)
        own = colours[deepest].mean(axis=0)
        around = cv2.dilate(place.view(np.uint8), np.ones((2 * _RIM + 1, 2 * _RIM + 1), np.uint8)) > 0
        to_behind = float(np.linalg.norm(own - behind[deepest].mean(axis=0)))
        to_product = float(np.linalg.norm(own - product[around & region].mean(axis=0)))
        if to_behind < _SAME and to_product > max(_OTHER, 2 * to_behind):
            found.append(int(hole))
    return found


def _may_be_open(mask: NDArray[np.float32], depth: NDArray[np.float32], place: Mask) -> bool:
    """Whether a hole is as deep in the mask as an opening of its radius would be, blurred."""
    radius = float(depth[place].max())
    expected = _SHALLOWER * float(np.exp(-(radius**2) / (2 * _BLUR**2)))
    return float(mask[place].min()) <= max(_NOTHING, expected)


def _local_mean(
    colours: NDArray[np.float32], known: Mask, reach: int, window: tuple[slice, slice]
) -> NDArray[np.float32]:
    """In a window, the mean of the known colours within `reach`, of all of them where none are so near."""
    everywhere = np.asarray(cv2.mean(colours, known.view(np.uint8))[:3] if known.any() else np.inf, np.float32)
    known, side = known[window], 2 * reach + 1
    weight = cv2.blur(known.astype(np.float32), (side, side))
    total = cv2.blur(np.where(known[..., None], colours[window], 0).astype(np.float32), (side, side))
    near = weight[..., None] > _HARDLY
    return np.asarray(np.where(near, total / np.maximum(weight, _HARDLY)[..., None], everywhere), np.float32)

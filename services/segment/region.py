"""Which parts of the network's mask are the product."""

import cv2
import numpy as np
from numpy.typing import NDArray

from services.segment.openings import true_openings

_HALF = 0.5
#: Components below this share of the largest one are dust.
_DUST = 0.005
#: Holes below this share of the product are faults of the mask, unless the network is sure of them.
_SMALL_HOLE = 0.002
_SURE_HOLE = 0.08
#: Other holes are faults where the network hesitates this much; from this share of the product on, a hole is hardly a
#: slip, and has to be nearly product to be one (the gap between a sleeve and the body was seen at 0.2 to 0.4).
_DOUBTFUL_HOLE = 0.25
_LARGE_HOLE, _DOUBTFUL_LARGE_HOLE = 0.015, 0.45


def find_region(mask: NDArray[np.float32], image: NDArray[np.uint8] | None = None) -> NDArray[np.bool_]:
    """Decide for every place whether it is product.

    A place is product where the mask is above half. Dust is dropped; holes are filled where the network hesitates, or
    where they are small and it is not sure. Real openings (a cup's handle, a strap's loop) are neither.

    Args:
        mask: (h, w) float32 in [0, 1].
        image: (H, W, 3) uint8 sRGB, the photo, at any size; it tells small openings from faults of the mask.

    Returns:
        (h, w) bool; nowhere true when no product was found.
    """
    region = mask >= _HALF
    count, labels, stats, _ = cv2.connectedComponentsWithStats(region.astype(np.uint8), connectivity=8)
    if count == 1:
        return region
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    kept = areas >= _DUST * areas.max()
    region = kept[labels]
    return np.asarray(region | _false_holes(mask, region, image))


def _false_holes(
    mask: NDArray[np.float32], region: NDArray[np.bool_], image: NDArray[np.uint8] | None
) -> NDArray[np.bool_]:
    count, labels, stats, _ = cv2.connectedComponentsWithStats((~region).astype(np.uint8), connectivity=4)
    height, width = mask.shape
    left, top = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_TOP]
    right, bottom = left + stats[:, cv2.CC_STAT_WIDTH], top + stats[:, cv2.CC_STAT_HEIGHT]
    inside = (left > 0) & (top > 0) & (right < width) & (bottom < height)
    areas = stats[:, cv2.CC_STAT_AREA]
    means = np.bincount(labels.ravel(), mask.ravel(), count) / np.maximum(areas, 1)
    small = (areas < _SMALL_HOLE * region.sum()) & (means > _SURE_HOLE)
    large = areas > _LARGE_HOLE * region.sum()
    false = inside & (small | (means > np.where(large, _DOUBTFUL_LARGE_HOLE, _DOUBTFUL_HOLE)))
    false[0] = False  # the region itself
    if image is not None and false.any():
        false[true_openings(mask, region, np.asarray(labels, np.int32), np.flatnonzero(false), image)] = False
    return np.asarray(false[labels])

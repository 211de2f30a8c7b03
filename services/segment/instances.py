"""Several products in one photo: which parts of the alpha are products of their own."""

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.alpha import OPAQUE
from services.segment.matte import box_of
from services.segment.schema import Instance

#: Longer side of the grid that parts are told apart on.
GRID_PX: Final = 512
#: More are counted to the nearest: nobody photographs that many for one listing.
MAX_INSTANCES: Final = 32
#: A part is a product of its own with at least these shares of the largest part's area and half width. A strap's
#: sliver has neither, a dangling cord not the width.
_AREA, _WIDTH = 0.08, 0.2


def find_instances(
    alpha: NDArray[np.uint16], confidence: float, rate: Callable[[NDArray[np.bool_]], float]
) -> tuple[tuple[Instance, ...], NDArray[np.uint8]]:
    """Tell products apart that do not touch.

    Each connected part counts that is large and broad enough beside the largest; a smaller one belongs to the instance
    nearest to it.

    Args:
        alpha: (H, W) uint16.
        confidence: Of everything together, and so of a single instance, 0 to 1.
        rate: The confidence of one of several instances, told its places on the grid: (h, w) bool.

    Returns:
        The instances by falling area, on a tie from the top and from the left, and the (h, w) uint8 labels on the grid;
        see `SegmentResult`.
    """
    grid_hw = _grid_of(alpha.shape[0], alpha.shape[1])
    solid = alpha > OPAQUE // 2
    small = cv2.resize(solid.astype(np.float32), grid_hw[::-1], interpolation=cv2.INTER_AREA) >= 0.5
    labels = _labelled(small)
    if not labels.any():
        # Nothing but threads that the grid does not show: one product, if any.
        labels = np.full(grid_hw, 1 if solid.any() else 0, np.uint8)
    count = int(labels.max())
    found = []
    for label in range(1, count + 1):
        own = solid if count == 1 else solid & _enlarged(labels == label, solid.shape)
        sure = confidence if count == 1 else rate(np.asarray(small & (labels == label)))
        found.append((Instance(box_of(own), int(own.sum()), sure), label))
    found.sort(key=lambda each: (-each[0].area_px, each[0].box.top, each[0].box.left))
    renumbered = np.zeros(len(found) + 1, np.uint8)
    for number, (_, label) in enumerate(found, 1):
        renumbered[label] = number
    return tuple(instance for instance, _ in found), np.asarray(renumbered[labels])


def _grid_of(height: int, width: int) -> tuple[int, int]:
    scale = min(1.0, GRID_PX / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def _enlarged(part: NDArray[np.bool_], size_hw: tuple[int, ...]) -> NDArray[np.bool_]:
    return np.asarray(cv2.resize(part.view(np.uint8), size_hw[::-1], interpolation=cv2.INTER_NEAREST) > 0)


def _labelled(region: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Every place's instance, the nearest one where it is in none."""
    count, parts, stats, _ = cv2.connectedComponentsWithStats(region.astype(np.uint8), connectivity=8)
    if count <= 2:
        # The background is a part too; a single other one is nearest everywhere.
        return np.full(region.shape, count - 1, np.uint8)
    depth = np.asarray(cv2.distanceTransform(region.astype(np.uint8), cv2.DIST_L2, 5), np.float32)
    widths = np.zeros(count)
    np.maximum.at(widths, np.asarray(parts, np.int32), depth)
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    largest = int(areas.argmax())
    own = np.flatnonzero((areas >= _AREA * areas[largest]) & (widths >= _WIDTH * widths[largest]))
    own = own[np.argsort(-areas[own], kind="stable")][:MAX_INSTANCES]
    numbers = np.zeros(count, np.uint8)
    numbers[own] = np.arange(1, len(own) + 1)
    numbered = numbers[parts]
    # Distance to, and index of, the nearest place with a number: the labels number zero pixels one by one.
    _, nearest = cv2.distanceTransformWithLabels(
        (numbered == 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    of_index = np.zeros(int(nearest.max()) + 1, np.uint8)
    of_index[nearest[numbered > 0]] = numbered[numbered > 0]
    return np.asarray(of_index[nearest])

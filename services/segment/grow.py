"""Parts of the product that the network missed, grown from points on them."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.deadline import Deadline
from services.common.geometry import Box, SizeHW
from services.segment.model import SegmentationModel
from services.segment.narrowing import missed
from services.segment.region import find_region
from services.segment.split import PointYX, around, belonging

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]

#: Half the side of a closer look, as shares of the photo's longer side: first near, then from further away.
_LOOKS = (0.25, 0.4)
#: So many points at most are looked at again; the others go by colour alone, or 64 points would cost a minute.
_MOST_LOOKED_AT = 3
#: What covers more of a look than this is the background.
_MOST = 0.7
#: Longer side of the grid that a part is grown on.
_GRID_PX = 320


def grown(
    model: SegmentationModel, image: NDArray[np.uint8], mask: Array, region: Mask, points: Sequence[PointYX],
    deadline: Deadline,
) -> tuple[Array, Mask]:  # fmt: skip
    """Add to a region the parts that points lie on.

    The network looks again at the surroundings of a point that it missed; a thing that fills a closer look is often
    found where it was background in the whole photo. If it still sees nothing there, what is like the point, and unlike
    the look's margins, is taken.

    Args:
        model: The network.
        image: (H, W, 3) uint8 sRGB.
        mask: (h, w) float32 in [0, 1], over the whole image.
        region: (h, w) bool.
        points: (row, column) in the image's pixels.
        deadline: Looked at before each look.

    Returns:
        Mask and region with the parts added.
    """
    size_hw = (image.shape[0], image.shape[1])
    looked_at = 0
    for point in points:
        if not missed(region, (point,), size_hw):
            continue
        shares = _LOOKS if looked_at < _MOST_LOOKED_AT else ()
        looked_at += 1
        found, window = _looked_up(model, image, point, shares, deadline)
        place, shown = _window(window, size_hw, region.shape)
        part = cv2.resize(found, shown, interpolation=cv2.INTER_AREA)
        mask, region = mask.copy(), region.copy()
        mask[place] = np.maximum(mask[place], part)
        region[place] |= part >= 0.5
    return mask, region


def _looked_up(
    model: SegmentationModel, image: NDArray[np.uint8], point: PointYX, shares: Sequence[float], deadline: Deadline
) -> tuple[Array, Box]:
    """The part that a point lies on, float32 over the window that is told beside it."""
    size_hw = (image.shape[0], image.shape[1])
    deadline.check()
    for share in shares:
        deadline.check()
        window = _around(point, share, size_hw)
        mask = model.run(image[window.slices()])
        region = find_region(mask)
        here = _scaled((point[0] - window.top, point[1] - window.left), (window.height, window.width), region.shape)
        own = around(region, [here])
        if own.any() and own.mean() < _MOST:
            return np.where(own, np.maximum(mask, 0.5), 0).astype(np.float32), window
    window = _around(point, _LOOKS[-1], size_hw)
    return _alike(image[window.slices()], (point[0] - window.top, point[1] - window.left)), window


def _around(point: PointYX, share: float, size_hw: SizeHW) -> Box:
    half = max(1, round(share * max(size_hw)))
    return Box(point[0] - half, point[1] - half, 2 * half, 2 * half).clipped(size_hw)


def _alike(image: NDArray[np.uint8], point: PointYX) -> Array:
    size_hw = (image.shape[0], image.shape[1])
    scale = min(1.0, _GRID_PX / max(size_hw))
    grid_hw = (max(2, round(size_hw[0] * scale)), max(2, round(size_hw[1] * scale)))
    small = np.asarray(cv2.resize(image, grid_hw[::-1], interpolation=cv2.INTER_AREA), np.uint8)
    return belonging(small, _scaled(point, size_hw, grid_hw)).astype(np.float32)


def _scaled(point: PointYX, size_hw: SizeHW, grid_hw: tuple[int, ...]) -> PointYX:
    return (
        min(grid_hw[0] - 1, point[0] * grid_hw[0] // size_hw[0]),
        min(grid_hw[1] - 1, point[1] * grid_hw[1] // size_hw[1]),
    )


def _window(window: Box, size_hw: SizeHW, grid_hw: tuple[int, ...]) -> tuple[tuple[slice, slice], tuple[int, int]]:
    """The window on the mask's grid, and its size as (width, height), at least one place."""
    top, left = _scaled((window.top, window.left), size_hw, grid_hw)
    bottom = max(top + 1, round(window.bottom * grid_hw[0] / size_hw[0]))
    right = max(left + 1, round(window.right * grid_hw[1] / size_hw[1]))
    return (slice(top, bottom), slice(left, right)), (right - left, bottom - top)

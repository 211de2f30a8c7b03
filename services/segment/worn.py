"""A garment that a mannequin wears: of the product, what is cloth, at whatever size it was looked at."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from services.segment.mannequin import undress
from services.segment.narrowing import grid_of, on_grid, snapped, spread
from services.segment.schema import Selection

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class WornGarment:
    """It, without what wears it.

    Args:
        garment: (h, w) float32 in [0, 1]; outside of the product each place follows the nearest one in it, so that only
            the cut between cloth and mannequin bounds soft edges.
        confidence: See `Undressed`.
    """

    garment: NDArray[np.float32]
    confidence: float


def without_mannequin(image: NDArray[np.uint8], region: Mask, selection: Selection) -> WornGarment:
    """Take a garment off its mannequin.

    Args:
        image: (H, W, 3) uint8 sRGB.
        region: (h, w) bool, the product, garment and mannequin together, over the whole image; somewhere true.
        selection: Its include-points lie on cloth, its exclude-points on the mannequin; in the image's pixels.
    """
    size_hw = (image.shape[0], image.shape[1])
    grid_hw = grid_of(size_hw)
    grid = on_grid(region, grid_hw)
    cloth, mannequin = (
        [place for point in points if (place := snapped(grid, point, size_hw)) is not None]
        for points in (selection.include_points, selection.exclude_points)
    )
    seen = np.asarray(cv2.resize(image, grid_hw[::-1], interpolation=cv2.INTER_AREA), np.uint8)
    undressed = undress(seen, grid, cloth, mannequin)
    return WornGarment(spread(grid, undressed.garment, (region.shape[0], region.shape[1])), undressed.confidence)

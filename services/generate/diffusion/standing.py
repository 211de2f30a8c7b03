"""The product on the canvas as a network is shown it; the pixels that are sold are put there by Postprocess."""

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.geometry import SizeHW
from services.common.placement import Placement
from services.segment.schema import SegmentResult


@dataclass(frozen=True, eq=False)
class StandingProduct:
    """Colours and coverage on a canvas of (H, W).

    Args:
        foreground: (H, W, 3) uint8 sRGB, straight; 0 away from the product.
        alpha: (H, W) uint16, see `services.common.alpha`.
    """

    foreground: NDArray[np.uint8]
    alpha: NDArray[np.uint16]

    @property
    def size_hw(self) -> SizeHW:
        """Of the canvas."""
        return self.alpha.shape[0], self.alpha.shape[1]

    @classmethod
    def placed(cls, cutout: SegmentResult, placement: Placement) -> Self:
        """The cutout scaled to where it stands; what lies outside the canvas is cut off."""
        height, width = placement.canvas_hw
        foreground, alpha = (
            cv2.warpAffine(source, to_canvas, (width, height), flags=cv2.INTER_LINEAR)
            for source, to_canvas in (
                _shrunk(plane[placement.crop.slices()], placement) for plane in (cutout.foreground, cutout.alpha)
            )
        )
        return cls(np.asarray(foreground, np.uint8), np.asarray(alpha, np.uint16))


def _shrunk(plane: NDArray[np.integer], placement: Placement) -> tuple[NDArray[np.integer], NDArray[np.float64]]:
    """A plane of the crop, at the canvas' scale where that is smaller, and the way from its pixels to the canvas'.

    Enlarging is left to the way: it makes no pixel that the canvas does not show.
    """
    scale = placement.scale
    if scale < 1:
        height, width = plane.shape[0], plane.shape[1]
        size_wh = max(1, round(width * scale)), max(1, round(height * scale))
        plane, scale = np.asarray(cv2.resize(plane, size_wh, interpolation=cv2.INTER_AREA), plane.dtype), 1.0
    # Pixel centres lie at halves.
    shift = (scale - 1) / 2
    return plane, np.array([[scale, 0, placement.left + shift], [0, scale, placement.top + shift]])

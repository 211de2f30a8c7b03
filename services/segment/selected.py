"""Finding the selected product: the network's look, concentrated on what was pointed at, and narrowed to it."""

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.alpha import OPAQUE
from services.common.deadline import Deadline
from services.common.geometry import Box, SizeHW
from services.segment.confidence import rate
from services.segment.grow import grown
from services.segment.look import Look, look_for_product
from services.segment.model import SegmentationModel
from services.segment.narrowing import frame_of, missed, narrow, within
from services.segment.schema import Selection
from services.segment.worn import without_mannequin

#: Longer side of what is handed on of the look before it was narrowed.
WHOLE_PX: Final = 512
_HALF: Final = 0.5


@dataclass(frozen=True)
class SelectedLook:
    """What the network saw of the selection.

    Args:
        look: Over the frame alone; only the selection is left in it.
        frame: The part of the photo that it shows.
        ceiling: (H, W) float32 in [0, 1] over the frame: alpha is at most this; None = nothing bounds it.
        whole: (h, w) uint16, 65535 = product, over the whole photo at a reduced size: the look before it was narrowed;
            None where nothing narrowed it.
        mannequin_confidence: Of what was taken off a garment; see `SegmentResult`.
    """

    look: Look
    frame: Box
    ceiling: NDArray[np.float32] | None
    whole: NDArray[np.uint16] | None = None
    mannequin_confidence: float | None = None


def look_for_selected(
    model: SegmentationModel, image: NDArray[np.uint8], selection: Selection | None, deadline: Deadline
) -> SelectedLook:
    """Look at the part of the photo that the selection is about, and leave only the selection.

    Args:
        model: The network.
        image: (H, W, 3) uint8 sRGB.
        selection: None = everything.
        deadline: Looked at between steps.

    Returns:
        Its confidence is that of what is left: 0 where that is nothing.
    """
    size_hw = (image.shape[0], image.shape[1])
    if selection is None:
        return SelectedLook(look_for_product(model, image, deadline), Box(0, 0, *size_hw), None)
    frame = frame_of(selection, size_hw)
    image, selection = image[frame.slices()], within(selection, frame)
    look = look_for_product(model, image, deadline)
    mask, region = look.mask, look.region
    lost = missed(region, selection.include_points, (frame.height, frame.width))
    if lost:
        mask, region = grown(model, image, mask, region, lost, deadline)
    deadline.check()
    narrowed = narrow(image, mask, region, selection)
    whole = whole_of(region, frame, size_hw)
    mask, region, mannequin = narrowed.mask, narrowed.region, None
    if selection.ghost_mannequin and region.any():
        deadline.check()
        worn = without_mannequin(image, region, selection)
        mask, region, mannequin = np.minimum(mask, worn.garment), region & (worn.garment >= _HALF), worn.confidence
    look = replace(look, mask=mask, region=region, confidence=rate(mask, region))
    return SelectedLook(look, frame, narrowed.ceiling, whole, mannequin)


def whole_of(region: NDArray[np.bool_], frame: Box, size_hw: SizeHW) -> NDArray[np.uint16]:
    """A region that was seen in a frame, over the whole photo.

    A hanger that is to be left out still tells that the garment hangs, and the second shoe where the camera was.

    Args:
        region: (h, w) bool, over the frame at any size.
        frame: In a photo of `size_hw`.
        size_hw: The photo's size.

    Returns:
        (h, w) uint16, 65535 = product, its longer side `WHOLE_PX` or the photo's own.
    """
    scale = min(1.0, WHOLE_PX / max(size_hw))
    whole = np.zeros((max(1, round(size_hw[0] * scale)), max(1, round(size_hw[1] * scale))), np.uint16)
    top, left = int(frame.top * scale), int(frame.left * scale)
    bottom, right = max(top + 1, round(frame.bottom * scale)), max(left + 1, round(frame.right * scale))
    place = whole[top:bottom, left:right]
    shown = cv2.resize(region.astype(np.float32), place.shape[::-1], interpolation=cv2.INTER_AREA)
    place[:] = np.round(shown * OPAQUE)
    return whole


def rate_part(look: Look, frame: Box, size_hw: SizeHW, part: NDArray[np.bool_]) -> float:
    """The confidence that one instance is a whole product.

    Args:
        look: What the network saw in the frame.
        frame: In a photo of `size_hw`.
        size_hw: The photo's size.
        part: (h, w) bool over the photo, at any size: the instance.
    """
    rows, columns = part.shape[0] / size_hw[0], part.shape[1] / size_hw[1]
    top, left = int(frame.top * rows), int(frame.left * columns)
    bottom = max(top + 1, round(frame.bottom * rows))
    right = max(left + 1, round(frame.right * columns))
    shown = part[top:bottom, left:right].astype(np.uint8)
    seen = cv2.resize(shown, look.region.shape[::-1], interpolation=cv2.INTER_NEAREST)
    # With the network's own edge, which lies a little outside the part that is certain.
    near = cv2.dilate(seen, np.ones((9, 9), np.uint8)) > 0
    others = look.region & ~near
    mask = np.where(others, 0, look.mask).astype(np.float32)
    return rate(mask, look.region & near)

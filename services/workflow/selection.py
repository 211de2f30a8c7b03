"""From what a request selects to what segmentation takes: checked against the photo."""

from collections.abc import Sequence

import numpy as np

from services.api import common as api
from services.api.studio import ProductSelection
from services.codecs.mask import decode_mask
from services.common.errors import InvalidInput
from services.common.geometry import Box, SizeHW
from services.common.image import ImageLimits
from services.segment.schema import Selection


def select(wanted: ProductSelection | None, size_hw: SizeHW, limits: ImageLimits) -> Selection | None:
    """The selection in the photo's pixels.

    Args:
        wanted: The request's.
        size_hw: The photo's, as it is shown.
        limits: For the keep-mask.

    Returns:
        None where nothing is selected.

    Raises:
        InvalidInput: A point or box lies outside the photo, a box is empty, or the keep-mask has another size or
            nothing bright; details name the field.
        TooLarge, UnsupportedMedia: The keep-mask can't be read.
    """
    if wanted is None or wanted == ProductSelection():
        return None
    mask = None
    if wanted.keep_mask is not None:
        mask = decode_mask(wanted.keep_mask.content, size_hw, limits)
        if not np.any(mask >= 128):
            raise InvalidInput(
                "the keep-mask is dark everywhere, so nothing could be kept", field="selection.keep_mask"
            )
    return Selection(
        keep_mask=mask,
        include_boxes=_boxes(wanted.include_boxes, "include_boxes", size_hw),
        exclude_boxes=_boxes(wanted.exclude_boxes, "exclude_boxes", size_hw),
        include_points=_points(wanted.include_points, "include_points", size_hw),
        exclude_points=_points(wanted.exclude_points, "exclude_points", size_hw),
        ghost_mannequin=wanted.ghost_mannequin,
    )


def _points(points: Sequence[api.Point], name: str, size_hw: SizeHW) -> tuple[tuple[int, int], ...]:
    height, width = size_hw
    for index, point in enumerate(points):
        if not (0 <= point.x < width and 0 <= point.y < height):
            raise InvalidInput(
                f"the point ({point.x}, {point.y}) lies outside the photo, which is {width} x {height} pixels",
                field=f"selection.{name}.{index}", got=[point.x, point.y], limit=[width, height],
            )  # fmt: skip
    return tuple((point.y, point.x) for point in points)


def _boxes(boxes: Sequence[api.Box], name: str, size_hw: SizeHW) -> tuple[Box, ...]:
    found = tuple(Box(box.top, box.left, box.height, box.width) for box in boxes)
    for index, box in enumerate(found):
        field = f"selection.{name}.{index}"
        if box.width < 1 or box.height < 1:
            raise InvalidInput(
                f"the box is {box.width} x {box.height} pixels; each side needs at least 1",
                field=field, got=[box.width, box.height], limit=1,
            )  # fmt: skip
        if box.clipped(size_hw) != box:
            raise InvalidInput(
                f"the box from ({box.left}, {box.top}) to ({box.right}, {box.bottom}) reaches outside the photo, which "
                f"is {size_hw[1]} x {size_hw[0]} pixels",
                field=field, got=[box.left, box.top, box.width, box.height], limit=[size_hw[1], size_hw[0]],
            )  # fmt: skip
    return found

"""Where a cutout goes in a picture of its own: cropped, moved, scaled, fitted."""

import math
from dataclasses import dataclass

from services.common.errors import InvalidInput
from services.common.geometry import Box, SizeHW
from services.common.placement import Placement
from services.gateway.compat.lengths import Length
from services.workflow.layout import MAX_SCALE


@dataclass(frozen=True)
class Arrangement:
    """What remove.bg's callers ask of the picture's frame.

    Args:
        crop: Whether the frame is the product's box instead of the photo's.
        margin: Around that box: top, right, bottom, left, of the product's size.
        scale: The product's size in the frame, of the frame's; None = as it is.
        position: Where it lies in the frame, from one side to the other: across, down; None = where it is, or the
            middle where it is scaled.
        max_pixels: Of the picture, which is made smaller to have no more; None = as many as there are.
    """

    crop: bool = False
    margin: tuple[Length, Length, Length, Length] = (Length(0.0, relative=False),) * 4
    scale: float | None = None
    position: tuple[float, float] | None = None
    max_pixels: int | None = None

    def placed(self, photo_hw: SizeHW, box: Box) -> Placement:
        """Where the photo lies in the picture.

        Args:
            photo_hw: Size of the photo.
            box: The product in it.

        Raises:
            InvalidInput: The product would be enlarged too much.
        """
        if self.crop:
            return self._fitted(photo_hw, box, *self._cropped(box))
        if self.scale is None and self.position is None:
            return self._fitted(photo_hw, box, photo_hw, 1.0, (box.top, box.left))
        scale = 1.0
        if self.scale is not None:
            scale = self.scale * min(photo_hw[0] / box.height, photo_hw[1] / box.width)
        if scale > MAX_SCALE:
            raise InvalidInput(
                f"scale: the subject would be enlarged {scale:.1f} times; at most {MAX_SCALE:g} times is done",
                field="scale",
            )
        across, down = self.position or (0.5, 0.5)
        at = (down * (photo_hw[0] - box.height * scale), across * (photo_hw[1] - box.width * scale))
        return self._fitted(photo_hw, box, photo_hw, scale, at)

    def _cropped(self, box: Box) -> tuple[SizeHW, float, tuple[float, float]]:
        sides = (box.height, box.width, box.height, box.width)
        top, right, bottom, left = (round(length.of(side)) for length, side in zip(self.margin, sides, strict=True))
        return (box.height + top + bottom, box.width + left + right), 1.0, (top, left)

    def _fitted(
        self, photo_hw: SizeHW, box: Box, canvas_hw: SizeHW, scale: float, at: tuple[float, float]
    ) -> Placement:
        """Everything made smaller together where there are too many pixels; `at` is where the box lies, (y, x)."""
        pixels = canvas_hw[0] * canvas_hw[1]
        shrink = 1.0 if self.max_pixels is None else min(1.0, math.sqrt(self.max_pixels / pixels))
        return _placement(photo_hw, box, _scaled(canvas_hw, shrink), scale * shrink, (at[0] * shrink, at[1] * shrink))


def contained(photo_hw: SizeHW, box: Box, canvas_hw: SizeHW) -> Placement:
    """The whole photo in the middle of a canvas of another size, as large as it fits.

    Raises:
        InvalidInput: It would be enlarged too much.
    """
    scale = min(canvas_hw[0] / photo_hw[0], canvas_hw[1] / photo_hw[1])
    if scale > MAX_SCALE:
        raise InvalidInput(
            f"size: the photo would be enlarged {scale:.1f} times; at most {MAX_SCALE:g} times is done", field="size"
        )
    top, left = ((canvas - photo * scale) / 2 for canvas, photo in zip(canvas_hw, photo_hw, strict=True))
    return _placement(photo_hw, box, canvas_hw, scale, (top + box.top * scale, left + box.left * scale))


def _scaled(size_hw: SizeHW, scale: float) -> SizeHW:
    return max(1, math.floor(size_hw[0] * scale)), max(1, math.floor(size_hw[1] * scale))


def _placement(photo_hw: SizeHW, box: Box, canvas_hw: SizeHW, scale: float, at: tuple[float, float]) -> Placement:
    whole = Box(0, 0, *photo_hw)
    product = Box(
        round(at[0]), round(at[1]), max(1, round(box.height * scale)), max(1, round(box.width * scale))
    ).clipped(canvas_hw)
    return Placement(canvas_hw, whole, round(at[0] - box.top * scale), round(at[1] - box.left * scale), scale, product)

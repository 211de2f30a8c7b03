"""Where a product stands in a picture."""

from dataclasses import dataclass

from services.common.geometry import Box, SizeHW


@dataclass(frozen=True)
class Placement:
    """Where the product stands on the canvas.

    Args:
        canvas_hw: Size of the finished picture.
        crop: The product's box in the photo, with the margin that its soft edge needs.
        top, left: Where the crop's resampled top left corner lies on the canvas; may be negative.
        scale: Canvas pixels per photo pixel.
        product_box: Where the product itself lies on the canvas, clipped to it.
    """

    canvas_hw: SizeHW
    crop: Box
    top: int
    left: int
    scale: float
    product_box: Box

    @property
    def origin_yx(self) -> tuple[int, int] | None:
        """Where the photo's own pixel (0, 0) lies on the canvas, which it may lie outside of; None where the product is
        resampled and pixels have no single place."""
        return (self.top - self.crop.top, self.left - self.crop.left) if self.scale == 1 else None

"""Rectangles and sizes in pixels. Sizes are (height, width) everywhere."""

from dataclasses import dataclass

SizeHW = tuple[int, int]


@dataclass(frozen=True)
class Box:
    """A rectangle of whole pixels; top and left are inclusive, bottom and right exclusive."""

    top: int
    left: int
    height: int
    width: int

    @property
    def bottom(self) -> int:
        return self.top + self.height

    @property
    def right(self) -> int:
        return self.left + self.width

    def slices(self) -> tuple[slice, slice]:
        """Index of the rectangle's pixels in an HW or HWC array."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def grown(self, margin_px: int, limit: SizeHW) -> "Box":
        """The rectangle with `margin_px` more on every side, clipped to an image of size `limit`."""
        top, left = max(0, self.top - margin_px), max(0, self.left - margin_px)
        bottom, right = min(limit[0], self.bottom + margin_px), min(limit[1], self.right + margin_px)
        return Box(top, left, bottom - top, right - left)

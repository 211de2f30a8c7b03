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
        """The first row below."""
        return self.top + self.height

    @property
    def right(self) -> int:
        """The first column to the right."""
        return self.left + self.width

    def slices(self) -> tuple[slice, slice]:
        """Index of the rectangle's pixels in an HW or HWC array."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def within(self, outer: "Box") -> "Box":
        """The same rectangle, counted from the top left corner of `outer`."""
        return Box(self.top - outer.top, self.left - outer.left, self.height, self.width)

    def clipped(self, limit: SizeHW) -> "Box":
        """The part inside an image of size `limit`; its height or width is 0 where nothing is."""
        top, left = min(max(0, self.top), limit[0]), min(max(0, self.left), limit[1])
        bottom, right = min(max(top, self.bottom), limit[0]), min(max(left, self.right), limit[1])
        return Box(top, left, bottom - top, right - left)

    def grown(self, margin_px: int, limit: SizeHW) -> "Box":
        """The rectangle with `margin_px` more on every side, clipped to an image of size `limit`."""
        side = 2 * margin_px
        return Box(self.top - margin_px, self.left - margin_px, self.height + side, self.width + side).clipped(limit)

    def union(self, other: "Box") -> "Box":
        """The smallest rectangle that holds both."""
        top, left = min(self.top, other.top), min(self.left, other.left)
        bottom, right = max(self.bottom, other.bottom), max(self.right, other.right)
        return Box(top, left, bottom - top, right - left)

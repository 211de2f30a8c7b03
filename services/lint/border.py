"""The rule against a frame around the picture."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.common.geometry import Box
from services.lint.exhibit import Exhibit
from services.lint.rules import BorderRule
from services.lint.verdict import Finding

#: Wider frames, as a share of the shorter side, are no longer told from grounds.
_WIDEST: Final = 0.08
#: A frame is of one colour: this share of each of its rings is within so much of the first ring's, of 255.
_EVEN_SHARE: Final = 0.95
_EVEN: Final = 12
#: What it encloses differs from it along this share of the ring inside, by so much.
_EDGE_SHARE: Final = 0.9
_EDGE: Final = 32
#: An edge that was resampled or compressed takes so many pixels.
_BLUR_PX: Final = 3


def check_border(rule: BorderRule, exhibit: Exhibit) -> Finding:
    """Whether no even frame ends sharply on all four sides at once. The value is its width."""
    width = _frame_px(exhibit.image)
    if not width:
        return Finding(rule, passed=True, found="no border", value=0, unit="px")
    height_px, width_px = exhibit.size_hw
    whole = Box(0, 0, height_px, width_px)
    return Finding(rule, passed=False, found=f"a border of {width} px", value=width, unit="px", places=(whole,))


def _frame_px(image: NDArray[np.uint8]) -> int:
    """How wide the frame is; 0 = there is none."""
    rings = _rings(image)
    first = next(rings)
    color = np.median(first, axis=0)
    even = 1
    if _share(first, color, _EVEN) < _EVEN_SHARE:
        return 0
    for width, ring in enumerate(rings, start=1):
        if _share(ring, color, _EVEN) >= _EVEN_SHARE:
            even = width + 1
        elif 1 - _share(ring, color, _EDGE) >= _EDGE_SHARE:
            return even
        elif width - even >= _BLUR_PX:
            return 0
    return 0


def _rings(image: NDArray[np.uint8]) -> Iterator[NDArray[np.int16]]:
    """Each ring of pixels from the outermost inwards, (N, 3)."""
    height, width = image.shape[:2]
    for ring in range(min(max(2, round(_WIDEST * min(height, width))) + _BLUR_PX, min(height, width) // 2)):
        rows, columns = slice(ring, height - ring), slice(ring, width - ring)
        sides = (
            image[ring, columns], image[height - 1 - ring, columns],
            image[rows, ring], image[rows, width - 1 - ring],
        )  # fmt: skip
        yield np.concatenate(sides).astype(np.int16)


def _share(ring: NDArray[np.int16], color: NDArray[np.float64], within: int) -> float:
    """Of a ring's pixels, those that are no farther from a colour than that."""
    return float((np.abs(ring - color).max(axis=-1) <= within).mean())

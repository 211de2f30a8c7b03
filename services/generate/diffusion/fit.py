"""From a canvas of any size to a bucket and back, without changing shapes."""

from typing import Final, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from services.generate.upscale.enlargement import Enlarge, as_it_is

#: Longer side of a preview.
PREVIEW_PX: Final = 256

Pixel = TypeVar("Pixel", np.uint8, np.uint16)


class CanvasFit:
    """The canvas scaled to lie in the middle of a bucket; what the bucket has beside it is drawn and cut off again.

    Args:
        canvas_hw: The picture wanted.
        bucket_hw: The picture drawn.
    """

    def __init__(self, canvas_hw: tuple[int, int], bucket_hw: tuple[int, int]) -> None:
        self._canvas_hw = canvas_hw
        scale = min(bucket_hw[0] / canvas_hw[0], bucket_hw[1] / canvas_hw[1])
        height, width = (
            max(1, min(side, round(wanted * scale))) for side, wanted in zip(bucket_hw, canvas_hw, strict=True)
        )
        self._inner_hw = height, width
        #: Whether the canvas is larger than what is drawn of it.
        self.enlarges = scale < 1
        self._top, self._left = (bucket_hw[0] - height) // 2, (bucket_hw[1] - width) // 2
        self._bottom, self._right = bucket_hw[0] - height - self._top, bucket_hw[1] - width - self._left

    def to_bucket(self, image: NDArray[Pixel]) -> NDArray[Pixel]:
        """A canvas' picture, (H, W) or (H, W, C), as the bucket has it; its edges go on in the margins."""
        return cv2.copyMakeBorder(  # type: ignore[return-value] # the stubs know no types of pixels
            _scale(image, self._inner_hw), self._top, self._bottom, self._left, self._right, cv2.BORDER_REPLICATE
        )

    def to_canvas(self, image: NDArray[np.uint8], enlarge: Enlarge = as_it_is) -> NDArray[np.uint8]:
        """A bucket's picture, (H, W, 3), as the canvas has it, enlarged where that is larger."""
        height, width = self._inner_hw
        inner = image[self._top : self._top + height, self._left : self._left + width]
        return _scale(enlarge(inner, self._canvas_hw), self._canvas_hw)

    def preview(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A bucket's picture at any smaller size, (h, w, 3), as the canvas has it, in the size of a preview."""
        share = image.shape[0] / (self._top + self._inner_hw[0] + self._bottom)
        top, left = round(self._top * share), round(self._left * share)
        height, width = (max(1, round(side * share)) for side in self._inner_hw)
        scale = PREVIEW_PX / max(self._canvas_hw)
        size_hw = max(1, round(self._canvas_hw[0] * scale)), max(1, round(self._canvas_hw[1] * scale))
        return _scale(image[top : top + height, left : left + width], size_hw)


def _scale(image: NDArray[Pixel], size_hw: tuple[int, int]) -> NDArray[Pixel]:
    if image.shape[:2] == size_hw:
        return image
    method = cv2.INTER_AREA if size_hw[0] < image.shape[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, size_hw[::-1], interpolation=method), image.dtype)

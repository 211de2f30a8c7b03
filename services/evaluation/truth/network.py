"""The mask that a segmentation network would give for a drawn photo, in the network's place."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.errors import Internal
from services.common.geometry import SizeHW
from services.segment.preprocess import from_mask, inner_box, to_batch

#: IS-Net's own grid.
GRID: Final = 1024
#: How blurred its answers are, in places of its grid.
BLUR: Final = 1.5
#: Margins at which a photo may be shown to it.
_MARGINS: Final = (0.0, 0.2)


class TruthNetwork:
    """A runner that knows one photo's true alpha and answers with it as a network would: on its grid, and blurred.

    Everything behind the network then works as it does in the service. What it doesn't show is a network's mistakes.

    Args:
        photo: (H, W, 3) uint8 sRGB.
        alpha: (H, W) float32, 0 to 1.
        grid: Side of the network's square.
        blur: Standard deviation, in places of the grid.
    """

    name = "drawn truth"

    def __init__(
        self, photo: NDArray[np.uint8], alpha: NDArray[np.float32], grid: int = GRID, blur: float = BLUR
    ) -> None:
        self.input_hw: SizeHW = (grid, grid)
        self._photo = photo
        self._alpha = alpha
        self._blur = blur

    def mask(self) -> NDArray[np.float32]:
        """(H, W) float32, 0 to 1: its answer at the photo's size, without anything behind it."""
        return from_mask(
            self.run(to_batch(self._photo, self.input_hw))[0, 0], (self._alpha.shape[0], self._alpha.shape[1])
        )

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """(1, 1, grid, grid) float32, 0 to 1.

        Raises:
            Internal: It is shown something else than its photo.
        """
        for margin in _MARGINS:
            if np.array_equal(batch, to_batch(self._photo, self.input_hw, margin)):
                inner = inner_box(self.input_hw, margin)
                shrinks = inner.height * inner.width < self._alpha.size
                method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
                answer = np.zeros(self.input_hw, np.float32)
                answer[inner.slices()] = cv2.resize(self._alpha, (inner.width, inner.height), interpolation=method)
                return np.asarray(cv2.GaussianBlur(answer, (0, 0), self._blur)[None, None], np.float32)
        raise Internal("the drawn network was shown another photo than its own")

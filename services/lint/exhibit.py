"""The picture that rules are held against."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.common.geometry import Box, SizeHW


@dataclass(frozen=True)
class Exhibit:
    """A picture, what of it is the product, and its file.

    Args:
        image: (H, W, 3) uint8 sRGB, as viewers show it.
        alpha: (H, W) uint16, 0 to 65535, of the product.
        box: The product's, of its pixels above half.
        format: Of the file, by Pillow's name.
        size_bytes: Of the file.
        transparent: Whether the file has a ground that is not there; `image` then shows it on white.
    """

    image: NDArray[np.uint8]
    alpha: NDArray[np.uint16]
    box: Box
    format: str
    size_bytes: int
    transparent: bool = False

    @property
    def size_hw(self) -> SizeHW:
        """Of the picture."""
        return self.image.shape[0], self.image.shape[1]

    @property
    def fill(self) -> float:
        """The larger of the product's shares of the width and of the height."""
        height, width = self.size_hw
        return max(self.box.height / height, self.box.width / width)

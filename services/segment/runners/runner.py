"""What runs a segmentation network."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from services.common.geometry import SizeHW


class Runner(Protocol):
    """A loaded network of one image input (1, 3, H, W) and, as its first output, one mask (1, 1, H, W)."""

    @property
    def name(self) -> str:
        """Library and precision, for logs and reports."""

    @property
    def input_hw(self) -> SizeHW:
        """The size that the network takes, which is the one it was trained on."""

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """One forward pass; may be called from several threads.

        Args:
            batch: (1, 3, H, W) float32 with H, W = `input_hw`.

        Returns:
            (1, 1, H, W) float32, as the network gives it.

        Raises:
            Internal: The library failed.
        """

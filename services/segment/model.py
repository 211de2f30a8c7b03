"""The segmentation network: photo in, mask out."""

import numpy as np
from numpy.typing import NDArray

from services.common.errors import Internal
from services.segment.preprocess import to_batch
from services.segment.runners.runner import Runner


class SegmentationModel:
    """IS-Net (Qin et al., ECCV 2022, arXiv 2203.03041), or a network with the same input and output.

    Args:
        runner: The loaded network.
        name: Name and version, for results.
    """

    def __init__(self, runner: Runner, name: str) -> None:
        self._runner = runner
        self.name = name

    def run(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Say for every place how surely it belongs to the product.

        The network's own probabilities are kept. Stretching them to [0, 1], as is often done, would find a product in
        every photo.

        Args:
            image: (H, W, 3) uint8 sRGB.

        Returns:
            (h, w) float32 in [0, 1], of the network's size.

        Raises:
            Internal: The network failed.
        """
        mask = self._runner.run(to_batch(image, self._runner.input_hw))[0, 0]
        if not np.isfinite(mask).all():
            raise Internal("the segmentation network gave values that are no numbers")
        return np.asarray(np.clip(mask, 0, 1), dtype=np.float32)

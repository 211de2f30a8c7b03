"""The segmentation network: photo in, mask out."""

import numpy as np
from numpy.typing import NDArray

from services.common.errors import Internal
from services.segment.preprocess import from_mask, inner_box, to_batch
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

    def run(self, image: NDArray[np.uint8], margin: float = 0.0) -> NDArray[np.float32]:
        """Say for every place how surely it belongs to the product.

        The network's own probabilities are kept. Stretching them to [0, 1], as is often done, would find a product in
        every photo.

        Args:
            image: (H, W, 3) uint8 sRGB.
            margin: Room around the photo in the network's square; see `to_batch`.

        Returns:
            (h, w) float32 in [0, 1], of the network's size, over the photo alone.

        Raises:
            Internal: The network failed.
        """
        input_hw = self._runner.input_hw
        mask = self._runner.run(to_batch(image, input_hw, margin))[0, 0]
        if not np.isfinite(mask).all():
            raise Internal("the segmentation network gave values that are no numbers")
        return from_mask(mask[inner_box(input_hw, margin).slices()], input_hw)

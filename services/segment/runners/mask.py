"""A segmentation network in one of the libraries that take arrays."""

import numpy as np
from numpy.typing import NDArray

from services.common.errors import ModelUnavailable
from services.common.geometry import SizeHW
from services.generate.engine.network import ArrayNetwork


class MaskRunner:
    """A network of one image in, whose first output is its mask.

    Args:
        network: The loaded network.
        name: For logs and reports; the network's own when absent.

    Raises:
        ModelUnavailable: It takes something else than one image of a fixed size.
    """

    def __init__(self, network: ArrayNetwork, name: str = "") -> None:
        shapes = [spec.shape for spec in network.inputs]
        if len(shapes) != 1 or len(shapes[0]) != 4 or None in shapes[0][2:]:
            raise ModelUnavailable("a segmentation network takes one image of a fixed size", model=network.name)
        self.name = name or network.name
        self.input_hw: SizeHW = (int(shapes[0][2] or 0), int(shapes[0][3] or 0))
        self._input = network.inputs[0].name
        self._network = network

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """One forward pass; see `Runner.run`."""
        mask = next(iter(self._network.infer({self._input: batch}).values()))
        return np.asarray(mask, dtype=np.float32)

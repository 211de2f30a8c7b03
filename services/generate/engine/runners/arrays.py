"""A runner over a network of arrays."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from services.generate.engine.interface import Interface
from services.generate.engine.network import ArrayNetwork


class ArrayRunner:
    """Tensors in, tensors out, by a library that takes NumPy arrays: ONNX Runtime or OpenVINO.

    Floating point goes in as the network takes it, whatever it comes in, and comes out as the network gives it.

    Args:
        network: Closed with the runner.
        interface: What it takes. OpenVINO would fit a batch of one input to that of another without a word.
    """

    def __init__(self, network: ArrayNetwork, interface: Interface) -> None:
        self._network = network
        self._interface = interface
        self._floating = {spec.name for spec in network.inputs if np.issubdtype(spec.dtype, np.floating)}
        self._types = {spec.name: spec.dtype for spec in network.inputs}
        self.name = network.name

    def run(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """See `Runner.run`."""
        self._interface.check({name: tuple(tensor.shape) for name, tensor in inputs.items()})
        device = next((tensor.device for tensor in inputs.values()), torch.device("cpu"))
        found = self._network.infer({name: self._array(name, tensor) for name, tensor in inputs.items()})
        return {name: torch.from_numpy(array).to(device) for name, array in found.items()}

    def close(self) -> None:
        """See `Runner.close`."""
        self._network.close()

    def _array(self, name: str, tensor: Tensor) -> NDArray[Any]:
        tensor = tensor.detach().cpu()
        if name in self._floating and tensor.is_floating_point():
            # By way of float32: NumPy has no bfloat16.
            return tensor.float().contiguous().numpy().astype(self._types[name], copy=False)
        return tensor.contiguous().numpy()

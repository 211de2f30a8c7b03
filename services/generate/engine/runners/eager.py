"""Torch, operation by operation: what every other runner is compared with and replaced by."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from services.generate.diffusion.networks import Networks
from services.generate.engine.runner import Runner
from services.generate.engine.spec import Part
from services.generate.engine.submodel import SubModel, sub_models

#: A shape and type for each input, in the order of their names.
Signature = tuple[tuple[str, tuple[int, ...], torch.dtype], ...]


class TorchRunner:
    """A sub-model as it is. Errors of torch go through: whoever serves tells a want of memory from a fault.

    Args:
        model: On the device of its inputs.
        module: What computes it; the model itself when absent.
    """

    name = "torch"

    def __init__(self, model: SubModel, module: Any = None) -> None:
        self._interface = model.interface
        self._module: Any = model if module is None else module

    def run(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """See `Runner.run`."""
        self._interface.check({name: tuple(tensor.shape) for name, tensor in inputs.items()})
        with torch.inference_mode():
            found = self._module(*(inputs[spec.name] for spec in self._interface.inputs))
        return {spec.name: tensor for spec, tensor in zip(self._interface.outputs, found, strict=True)}

    def close(self) -> None:
        """See `Runner.close`."""
        self._module = None


def torch_runners(networks: Networks) -> dict[Part, Runner]:
    """All of a checkpoint's sub-models in torch."""
    return {part: TorchRunner(model) for part, model in sub_models(networks).items()}


def signature(inputs: Mapping[str, Tensor]) -> Signature:
    """What inputs must agree in to share something that was made for one shape."""
    return tuple((name, tuple(inputs[name].shape), inputs[name].dtype) for name in sorted(inputs))

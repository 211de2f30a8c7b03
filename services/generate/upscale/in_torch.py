"""The network in torch, which computes it on GPUs."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from services.generate.upscale.network import UpscalingNetwork
from services.generate.upscale.operations import (
    Convolution,
    Copy,
    Join,
    Operation,
    Repeat,
    Shuffle,
    Slopes,
    WeightedSum,
)


class TorchNetwork(nn.Module):
    """(1, 3, h, w) float sRGB in [0, 1] to (1, 3, s*h, s*w).

    Args:
        network: What it does.
    """

    def __init__(self, network: UpscalingNetwork) -> None:
        super().__init__()
        self._network = network
        for number, step in enumerate(network.steps):
            for name, values in _weights(step.operation).items():
                self.register_buffer(f"{name}_{number}", torch.from_numpy(values), persistent=False)

    def forward(self, image: Tensor) -> Tensor:
        """Enlarge a picture."""
        tensors, made = {self._network.first: image}, image
        for number, step in enumerate(self._network.steps):
            given = [tensors.pop(name) for name in step.takes]
            made = self._computed(step.operation, number, given)
            tensors |= dict.fromkeys(step.gives, made)
        return made

    def _computed(self, operation: Operation, number: int, given: list[Tensor]) -> Tensor:
        match operation:
            case Convolution(weight=weight, slope=slope):
                held = self.get_buffer(f"weight_{number}"), self.get_buffer(f"bias_{number}")
                made = functional.conv2d(given[0], *held, padding=weight.shape[2] // 2)
                return made if slope is None else functional.leaky_relu_(made, slope)
            case Slopes():
                made = functional.prelu(given[0], self.get_buffer(f"values_{number}"))
            case Join():
                made = torch.cat(given, 1)
            case WeightedSum(first=first, second=second):
                made = given[0] * first + given[1] * second
            case Repeat(times=times):
                made = functional.interpolate(given[0], scale_factor=times, mode="nearest")
            case Shuffle(times=times):
                made = functional.pixel_shuffle(given[0], times)
            case Copy():
                made = given[0]
        return made


def _weights(operation: Operation) -> dict[str, Any]:
    match operation:
        case Convolution(weight=weight, bias=bias):
            return {"weight": weight, "bias": bias}
        case Slopes(values=values):
            return {"values": values}
    return {}

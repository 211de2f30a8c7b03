"""The network in OpenVINO, which computes it on CPUs."""

from typing import Any, Final

import numpy as np
import openvino
from openvino import opset13

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

IMAGE: Final = "image"
ENLARGED: Final = "enlarged"
_ONE: Final = [1, 1]
_ROWS_AND_COLUMNS: Final = np.array([2, 3])


def openvino_model(network: UpscalingNetwork) -> openvino.Model:
    """A model from IMAGE, (1, 3, h, w) float32 sRGB in [0, 1] of any size, to ENLARGED, (1, 3, s*h, s*w)."""
    image = opset13.parameter([1, 3, -1, -1], np.float32, name=IMAGE)
    tensors, made = {network.first: image.output(0)}, image.output(0)
    for step in network.steps:
        made = _computed(step.operation, [tensors.pop(name) for name in step.takes])
        tensors |= dict.fromkeys(step.gives, made)
    model = openvino.Model([made], [image], "upscaling")
    model.inputs[0].set_names({IMAGE})
    model.outputs[0].set_names({ENLARGED})
    return model


def _computed(operation: Operation, given: list[Any]) -> Any:
    match operation:
        case Copy():
            return given[0]
        case Convolution():
            made = _convolved(operation, given[0])
        case Slopes(values=values):
            made = opset13.prelu(given[0], opset13.constant(values))
        case Join():
            made = opset13.concat(given, 1)
        case WeightedSum(first=first, second=second):
            made = opset13.add(_times(given[0], first), _times(given[1], second))
        case Repeat(times=times):
            scales = np.full(2, times, np.float32)
            made = opset13.interpolate(
                given[0], scales, "nearest", "scales", axes=_ROWS_AND_COLUMNS,
                coordinate_transformation_mode="asymmetric", nearest_mode="floor",
            )  # fmt: skip
        case Shuffle(times=times):
            made = opset13.depth_to_space(given[0], "depth_first", times)
    return made.output(0)


def _convolved(operation: Convolution, given: Any) -> Any:
    margins = [operation.weight.shape[2] // 2] * 2
    made = opset13.convolution(given, opset13.constant(operation.weight), _ONE, margins, margins, _ONE)
    made = opset13.add(made, opset13.constant(operation.bias.reshape(1, -1, 1, 1)))
    if operation.slope is None:
        return made
    return opset13.prelu(made, opset13.constant(np.array([operation.slope], np.float32)))


def _times(given: Any, factor: float) -> Any:
    return given if factor == 1 else opset13.multiply(given, opset13.constant(np.float32(factor)))

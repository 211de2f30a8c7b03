"""A network that enlarges pictures, out of ncnn's two files, ready to be computed by any library."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from services.common.errors import ModelUnavailable
from services.generate.upscale.layers import Layer, read_layers
from services.generate.upscale.operations import (
    Convolution,
    Join,
    Operation,
    Repeat,
    Shuffle,
    Slopes,
    WeightedSum,
    Weights,
    read_operation,
)


@dataclass(frozen=True)
class Step:
    """An operation on tensors, each of which is taken once and can go then.

    Args:
        operation: What is done.
        takes: Names of the tensors that it takes.
        gives: Names of what it makes; several for the same.
    """

    operation: Operation
    takes: tuple[str, ...]
    gives: tuple[str, ...]


@dataclass(frozen=True)
class _Shape:
    """A tensor's channels, how many times larger than the picture it is, and how far it has seen, in its pixels."""

    channels: int = 3
    scale: int = 1
    reach_px: float = 0.0


class UpscalingNetwork:
    """Steps from (1, 3, h, w) sRGB in [0, 1] to (1, 3, s*h, s*w), which may leave that range a little.

    Args:
        layers: In the order in which they are computed.
        weights: The `.bin` file.

    Raises:
        ModelUnavailable: A layer is not understood, the weights are not those of these layers, or they make no network
            that enlarges pictures.
    """

    def __init__(self, layers: tuple[Layer, ...], weights: bytes) -> None:
        names = [layer.outputs[0] for layer in layers if layer.kind == "Input" and layer.outputs]
        if len(names) != 1:
            raise ModelUnavailable(f"the network takes {len(names)} pictures; wanted is one")
        reader = Weights(weights)
        self.steps = tuple(
            Step(read_operation(layer, reader), layer.inputs, layer.outputs)
            for layer in layers
            if layer.kind != "Input"
        )
        reader.finish()
        self.first = names[0]
        made = self._checked()
        self.scale = made.scale
        #: How far from a pixel the picture given can change what is made of it, in the given picture's pixels.
        self.reach_px = math.ceil(made.reach_px)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The network of a folder with one `.param` and one `.bin`.

        Raises:
            ModelUnavailable: There is none; see also the class.
        """
        files = {suffix: sorted(folder.glob(f"*{suffix}")) for suffix in (".param", ".bin")}
        if any(len(found) != 1 for found in files.values()):
            raise ModelUnavailable("a network that enlarges pictures is one .param and one .bin file")
        try:
            text = files[".param"][0].read_text("utf-8")
        except UnicodeDecodeError as error:
            raise ModelUnavailable("the network's layers are no text") from error
        return cls(read_layers(text), files[".bin"][0].read_bytes())

    def _checked(self) -> _Shape:
        """What the last step makes, once all steps are seen to fit together."""
        shapes = {self.first: _Shape()}
        for step in self.steps:
            if not step.gives or any(name not in shapes for name in step.takes):
                raise ModelUnavailable("the network's layers take tensors that there are none of")
            made = _made(step.operation, [shapes.pop(name) for name in step.takes])
            if made is None or made.scale < 1:
                raise ModelUnavailable("the network's layers don't fit together")
            shapes |= dict.fromkeys(step.gives, made)
        [*others, last] = shapes.values()
        if others or last.channels != 3:
            raise ModelUnavailable(
                f"the network makes {len(shapes)} tensors of {last.channels} channels; wanted is a picture"
            )
        return last


def _made(operation: Operation, given: list[_Shape]) -> _Shape | None:
    """The shape of what an operation makes; None where it can't."""
    if not given or len({shape.scale for shape in given}) > 1:
        return None
    first, channels, reach = given[0], given[0].channels, max(shape.reach_px for shape in given)
    scale, fits = first.scale, len(given) == 1
    match operation:
        case Convolution(weight=weight):
            fits, channels = fits and weight.shape[1] == channels, weight.shape[0]
            reach += weight.shape[2] // 2 / scale
        case Slopes(values=values):
            fits = fits and len(values) == channels
        case Join():
            fits, channels = True, sum(shape.channels for shape in given)
        case WeightedSum():
            fits = [shape.channels for shape in given] == [channels] * 2
        case Repeat(times=times):
            scale *= times
        case Shuffle(times=times):
            fits, scale = fits and times > 0 and channels % times**2 == 0, scale * times
            channels //= max(1, times**2)
    return _Shape(channels, scale, reach) if fits else None

"""What a layer does, with its weights: all that networks for upscaling are made of, and nothing else.

ncnn numbers a layer's options; what they say is in
https://github.com/Tencent/ncnn/blob/master/docs/developer-guide/operators.md.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from services.common.errors import ModelUnavailable
from services.generate.upscale.layers import Layer

#: Before weights: they are half-precision, or float32.
_HALF: Final = 0x01306B47
_SINGLE: Final = 0
#: A convolution's activation; 0 is none.
_LEAKY: Final = 2
_NEAREST: Final = 1

Numbers = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Convolution:
    """Of stride 1 that keeps the size: `weight` (O, I, k, k), `bias` (O,); `slope` of what is negative after it."""

    weight: Numbers
    bias: Numbers
    slope: float | None = None


@dataclass(frozen=True, eq=False)
class Slopes:
    """What is negative times its channel's value (He et al., arXiv 1502.01852); (C,)."""

    values: Numbers


@dataclass(frozen=True)
class Join:
    """All channels of all tensors."""


@dataclass(frozen=True)
class WeightedSum:
    """Of two tensors."""

    first: float = 1.0
    second: float = 1.0


@dataclass(frozen=True)
class Repeat:
    """Every pixel so many times, either way."""

    times: int


@dataclass(frozen=True)
class Shuffle:
    """Channels to pixels, so many times as large either way (Shi et al., arXiv 1609.05158)."""

    times: int


@dataclass(frozen=True)
class Copy:
    """The tensor itself, under several names."""


Operation = Convolution | Slopes | Join | WeightedSum | Repeat | Shuffle | Copy


class Weights:
    """Reads a `.bin` file in its order.

    Args:
        data: The file.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int, kind: DTypeLike = "<f4") -> Numbers:
        """The next numbers.

        Raises:
            ModelUnavailable: There are fewer.
        """
        size = count * np.dtype(kind).itemsize
        if count <= 0 or self._at + size > len(self._data):
            raise ModelUnavailable("the network's weights end too early")
        found = np.frombuffer(self._data, kind, count, self._at).astype(np.float32)
        # Each block begins at a multiple of four bytes.
        self._at += (size + 3) // 4 * 4
        return found

    def tagged(self, count: int) -> Numbers:
        """The next numbers, whose type stands before them.

        Raises:
            ModelUnavailable: There are fewer, or of another type than float16 and float32.
        """
        tag = int.from_bytes(self._data[self._at : self._at + 4], "little")
        self._at += 4
        if tag not in (_HALF, _SINGLE):
            raise ModelUnavailable(f"the network's weights are of an unknown type {tag:#x}")
        return self.take(count, "<f2" if tag == _HALF else "<f4")

    def finish(self) -> None:
        """State that there is no further layer.

        Raises:
            ModelUnavailable: There are further bytes.
        """
        if self._at != len(self._data):
            raise ModelUnavailable(f"the network's weights are {len(self._data)} bytes; its layers take {self._at}")


def read_operation(layer: Layer, weights: Weights) -> Operation:
    """What a layer does.

    Raises:
        ModelUnavailable: It is none of those above, has an option that they lack, or its weights are not there.
    """
    match layer.kind:
        case "Convolution" if _is_plain(layer):
            return _convolution(layer, weights)
        case "PReLU":
            return Slopes(weights.take(layer.count(0)))
        case "Eltwise" if layer.count(0) == 1 and len(layer.options.get(1, ())) in (0, 2):
            operation: Operation = WeightedSum(*layer.options.get(1, ()))
        case "BinaryOp" if layer.count(0) == 0:
            operation = WeightedSum()
        case "Interp" if layer.count(0) == _NEAREST and layer.number(1) == layer.number(2) == layer.count(1):
            operation = Repeat(layer.count(1))
        case "PixelShuffle":
            operation = Shuffle(layer.count(0))
        case "Concat":
            operation = Join()
        case "Split":
            operation = Copy()
        case _:
            raise ModelUnavailable(
                f"the network has a layer {layer.kind[:40]!r}, of a kind or with options that none for upscaling needs"
            )
    return operation


def _is_plain(layer: Layer) -> bool:
    """Whether a convolution has stride and dilation 1, a bias, and keeps the size."""
    kernel = layer.count(1)
    plain = layer.count(2, 1) == layer.count(3, 1) == layer.count(5) == 1
    return plain and kernel % 2 == 1 and layer.count(4) == kernel // 2 and layer.count(9) in (0, _LEAKY)


def _convolution(layer: Layer, weights: Weights) -> Convolution:
    given, kernel, values = layer.count(0), layer.count(1), layer.count(6)
    taken = values // max(1, given * kernel * kernel)
    if values != taken * given * kernel * kernel:
        raise ModelUnavailable(f"a layer of {given} channels can't have {values} weights")
    weight = weights.tagged(values).reshape(given, taken, kernel, kernel)
    return Convolution(weight, weights.take(given), layer.number(10) if layer.count(9) == _LEAKY else None)

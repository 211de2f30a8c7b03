"""A network's layers, as ncnn's `.param` files tell them.

The format is that of https://github.com/Tencent/ncnn/wiki/param-and-model-file-structure: text, one layer a line, with
the names of the tensors that it takes and gives, and its options by number.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.common.errors import ModelUnavailable

#: The first line of every such file.
_MAGIC: Final = "7767517"
#: Options that are lists have this number less their own; the list's length stands before its values.
_LISTS: Final = -23300


@dataclass(frozen=True)
class Layer:
    """One layer.

    Args:
        kind: Such as "Convolution".
        inputs: Tensors that it takes, each of which no other layer takes.
        outputs: Tensors that it gives.
        options: By number; a single value is a list of one.
    """

    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    options: Mapping[int, tuple[float, ...]]

    def number(self, option: int, default: float = 0) -> float:
        """An option's value."""
        return self.options.get(option, (default,))[0]

    def count(self, option: int, default: int = 0) -> int:
        """An option's value as a whole number."""
        return int(self.number(option, default))


def read_layers(text: str) -> tuple[Layer, ...]:
    """The layers in the order in which they are computed.

    Raises:
        ModelUnavailable: The text is no such file.
    """
    lines = text.splitlines()
    if not lines or lines[0].strip() != _MAGIC:
        raise ModelUnavailable(f"the network's layers are not in ncnn's format; wanted is a first line of {_MAGIC}")
    try:
        return tuple(_layer(line.split()) for line in lines[2:] if line.strip())
    except (ValueError, IndexError) as error:
        raise ModelUnavailable("the network's layers can't be read; a line is not as ncnn writes it") from error


def _layer(words: list[str]) -> Layer:
    kind, _, takes, gives = words[:4]
    first, last = 4 + int(takes), 4 + int(takes) + int(gives)
    return Layer(kind, tuple(words[4:first]), tuple(words[first:last]), dict(_option(each) for each in words[last:]))


def _option(word: str) -> tuple[int, tuple[float, ...]]:
    key, _, text = word.partition("=")
    number, values = int(key), tuple(float(value) for value in text.split(","))
    return (_LISTS - number, values[1:]) if number <= _LISTS else (number, values)

"""A network whose tensors are NumPy arrays: what the libraries for CPUs take, usable without torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from services.common.errors import InvalidInput

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class ArraySpec:
    """An input.

    Args:
        name: As the file has it.
        shape: None where any size is taken.
        dtype: What the network takes.
    """

    name: str
    shape: tuple[int | None, ...]
    dtype: np.dtype[Any]

    def check(self, array: NDArray[Any]) -> None:
        """Refuse another array than this.

        Raises:
            InvalidInput: Its type or shape is another.
        """
        fits = len(array.shape) == len(self.shape) and all(
            wanted in (None, got) for wanted, got in zip(self.shape, array.shape, strict=True)
        )
        if array.dtype != self.dtype or not fits:
            shape = " x ".join("any" if side is None else str(side) for side in self.shape)
            raise InvalidInput(
                f"the network's input {self.name!r} is {array.dtype} of {' x '.join(map(str, array.shape))}; "
                f"wanted is {self.dtype} of {shape}",
                field=self.name,
            )


class ArrayNetwork(Protocol):
    """A loaded network; may be called from several threads, which take turns."""

    @property
    def name(self) -> str:
        """Library and precision, for logs and reports."""

    @property
    def inputs(self) -> tuple[ArraySpec, ...]:
        """In the file's order."""

    def infer(self, arrays: Mapping[str, NDArray[Any]]) -> Arrays:
        """One forward pass.

        Args:
            arrays: Every input by its name.

        Returns:
            Every output by its name, in the file's order; arrays of the caller's own.

        Raises:
            InvalidInput: An input is missing, unknown, or of another shape or type.
            Internal: The library failed.
        """

    def close(self) -> None:
        """Give memory back; calling it again does nothing."""


def checked(inputs: tuple[ArraySpec, ...], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Refuse what the network does not take, by name, type and shape.

    Raises:
        InvalidInput: See there.
    """
    wanted = [spec.name for spec in inputs]
    if set(arrays) != set(wanted):
        raise InvalidInput(
            f"the network takes the inputs {', '.join(wanted)}; got {', '.join(sorted(arrays)) or 'none'}",
            field=next(iter(set(arrays) ^ set(wanted))),
        )
    for spec in inputs:
        spec.check(arrays[spec.name])

"""What runs a sub-model, whatever library it is."""

from collections.abc import Mapping
from typing import Protocol

from torch import Tensor


class Runner(Protocol):
    """One sub-model, ready to run.

    Tensors go in and come out by the names of an `Interface`, which also tells their shapes and types. One thread at a
    time calls a runner; it keeps no reference to what it was given, and what it returns is the caller's own.
    """

    @property
    def name(self) -> str:
        """What runs it, for health, metrics and messages: "torch", "openvino-bf16", "tensorrt" …"""

    def run(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """All outputs, on the device of the inputs.

        Raises:
            InvalidInput: An input is missing, unknown, or of a shape or type that the runner does not take.
            Internal: The library failed.
        """

    def close(self) -> None:
        """Give memory back; calling it again does nothing."""

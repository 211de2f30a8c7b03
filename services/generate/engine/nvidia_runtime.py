"""What is used of the Python APIs of `tensorrt` 11 and `tensorrt_rtx` to run engines, which agree on all of it.

See `nvidia.py`, which has the builders' half. A test holds these protocols and the installed library together.
"""

from collections.abc import Sequence
from typing import Any, Protocol


class Context(Protocol):
    """`IExecutionContext`."""

    active_optimization_profile: int

    def set_optimization_profile_async(self, index: int, stream: int, /) -> bool:
        """Use another profile from here on; shapes and addresses have to be set anew."""

    def set_input_shape(self, name: str, shape: tuple[int, ...], /) -> bool:
        """Of one input, inside the profile."""

    def get_tensor_shape(self, name: str, /) -> Sequence[int]:
        """Of an output, once all inputs have theirs."""

    def set_tensor_address(self, name: str, address: int, /) -> bool:
        """Where an input or output lies on the GPU."""

    def set_device_memory(self, address: int, size_bytes: int, /) -> None:
        """Where activations may lie; aligned to 256 bytes."""

    def execute_async_v3(self, stream: int, /) -> bool:
        """Put the work on a stream; False where it can't be."""


class Engine(Protocol):
    """`ICudaEngine`."""

    num_io_tensors: int
    num_optimization_profiles: int
    device_memory_size_v2: int

    def get_tensor_name(self, index: int, /) -> str:
        """Of an input or output."""

    def get_tensor_dtype(self, name: str, /) -> Any:
        """A `DataType`."""

    def get_tensor_profile_shape(self, name: str, profile: int, /) -> Sequence[Sequence[int]]:
        """Least, best and largest."""

    def create_execution_context(self, strategy: Any, /) -> Context:
        """None where the GPU has no memory for it."""


class Runtime(Protocol):
    """`Runtime`."""

    engine_host_code_allowed: bool

    def deserialize_cuda_engine(self, plan: bytes, /) -> Engine | None:
        """None where the plan is not for this version, GPU or driver."""


class Refitter(Protocol):
    """`Refitter`."""

    def set_named_weights(self, name: str, weights: Any, /) -> bool:
        """Keeps the address: the memory must stay until the refit is over."""

    def get_missing_weights(self) -> Sequence[str]:
        """What else must be set."""

    def refit_cuda_engine(self) -> bool:
        """False = part of the weights may be in the engine already."""


class RuntimeModule(Protocol):
    """The module itself."""

    __name__: str
    __version__: str
    DataType: Any
    ExecutionContextAllocationStrategy: Any
    Logger: Any
    Weights: Any

    def Runtime(self, logger: Any, /) -> Runtime:  # noqa: N802 - the library's name
        """A runtime on the current GPU."""

    def Refitter(self, engine: Engine, logger: Any, /) -> Refitter:  # noqa: N802 - the library's name
        """Of one engine."""

"""What is used of the Python APIs of `tensorrt` 11 and `tensorrt_rtx`, which agree on all of it.

Neither wheel has type information, and the stubs that can be had are of TensorRT 10. A test holds these protocols and
the installed library together, attribute by attribute.
"""

from collections.abc import Sequence
from typing import Any, Protocol


class Tensor(Protocol):
    """An input or output of a network."""

    name: str

    @property
    def dtype(self) -> Any:
        """A `DataType`."""

    @property
    def shape(self) -> Sequence[int]:
        """-1 for what is dynamic."""


class Network(Protocol):
    """`INetworkDefinition`."""

    num_inputs: int
    num_outputs: int

    def get_input(self, index: int) -> Tensor:
        """One input."""

    def get_output(self, index: int) -> Tensor:
        """One output."""

    def mark_weights_refittable(self, name: str) -> bool:
        """Let these weights be changed after the build."""


class ParserError(Protocol):
    """Why a graph is refused."""

    def desc(self) -> str:
        """In the library's words."""

    def node_name(self) -> str:
        """Where."""

    def node_operator(self) -> str:
        """Of the node."""


class Parser(Protocol):
    """`OnnxParser`."""

    num_errors: int

    def parse_from_file(self, path: str) -> bool:
        """Read a graph, and the external data beside it."""

    def get_error(self, index: int) -> ParserError:
        """One of `num_errors`."""


class OptimizationProfile(Protocol):
    """`IOptimizationProfile`."""

    def set_shape(self, name: str, least: Sequence[int], best: Sequence[int], most: Sequence[int], /) -> None:
        """Of one input."""


class BuilderConfig(Protocol):
    """`IBuilderConfig`. The two properties of compute capabilities are TensorRT-RTX's alone."""

    builder_optimization_level: int
    progress_monitor: Any
    num_compute_capabilities: int

    def set_compute_capability(self, capability: Any, index: int, /) -> bool:
        """One of `num_compute_capabilities`."""

    def set_memory_pool_limit(self, pool: Any, size_bytes: int, /) -> None:
        """Cap what kernels may use."""

    def set_flag(self, flag: Any, /) -> None:
        """Turn a `BuilderFlag` on."""

    def add_optimization_profile(self, profile: OptimizationProfile, /) -> int:
        """Its index; -1 where it is refused."""


class Builder(Protocol):
    """`Builder`."""

    def create_network(self, flags: int, /) -> Network:
        """An empty network; strongly typed in both libraries."""

    def create_builder_config(self) -> BuilderConfig:
        """The defaults."""

    def create_optimization_profile(self) -> OptimizationProfile:
        """An empty profile."""

    def build_serialized_network(self, network: Network, config: BuilderConfig, /) -> Any:
        """The engine as a buffer; None where it can't be built."""


class Module(Protocol):
    """The module itself."""

    __version__: str
    BuilderFlag: Any
    ComputeCapability: Any
    DataType: Any
    ILogger: Any
    IProgressMonitor: Any
    MemoryPoolType: Any

    def Builder(self, logger: Any, /) -> Builder:  # noqa: N802 - the library's name
        """A builder."""

    def OnnxParser(self, network: Network, logger: Any, /) -> Parser:  # noqa: N802 - the library's name
        """A parser into a network."""

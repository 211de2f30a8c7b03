"""What builders say when they fail, in our words.

A builder that runs out of memory says "could not find any implementation"
(https://github.com/NVIDIA/TensorRT/issues/2643); nobody who reads that looks for memory.
"""

import re
from collections.abc import Sequence
from typing import Final

from services.common.errors import InvalidInput, ModelUnavailable, VitrineError

_MEMORY: Final = re.compile(
    r"out ?of ?memory|bad_alloc|cudaError 2\b|could not find any implementation|"
    r"insufficient (memory|workspace)|cannot allocate memory|MemoryError",
    re.IGNORECASE,
)
_MIXED_TYPES: Final = re.compile(
    r"must have (the )?same (input )?types?\. But they are of types (?P<types>\w+ and \w+)", re.IGNORECASE
)
#: What each machine without a driver says of everything, whatever the matter is.
_NOISE: Final = re.compile(r"cudaError 35|catchCudaError")
_LONGEST: Final = 300


def refused_graph(backend: str, node: str, operator: str, words: str) -> VitrineError:
    """A graph that the library can't read.

    Args:
        backend: The library.
        node: Name of the node in the graph.
        operator: Of the node.
        words: The library's own.
    """
    mixed = _MIXED_TYPES.search(words)
    if mixed:
        return InvalidInput(
            f"the graph mixes types at node {node!r} ({operator}): {mixed['types']}; engines keep the types of the "
            "graph, so export the whole sub-model in one",
            node=node,
        )
    return InvalidInput(f"{backend} can't read node {node!r} ({operator}): {_said([words])}", node=node)


def failed_build(backend: str, words: Sequence[str], memory_mb: int) -> VitrineError:
    """A build that gave nothing.

    Args:
        backend: The library.
        words: The library's own, warnings and worse.
        memory_mb: What the build was allowed.
    """
    if any(_MEMORY.search(line) for line in words):
        return out_of_memory(backend, memory_mb)
    if any("optimization profile" in line or "profile has min" in line for line in words):
        return InvalidInput(f"{backend} refuses a profile: {_said(words)}", field="profiles")
    return ModelUnavailable(f"{backend} can't build the engine: {_said(words)}", reason="refused")


def crashed_build(backend: str, code: int, memory_mb: int) -> VitrineError:
    """A build whose process crashed. Libraries also do that where memory is refused to them and they do not look.

    Args:
        backend: The library.
        code: What the process ended with, such as -11.
        memory_mb: What the build was allowed.
    """
    return ModelUnavailable(
        f"{backend} crashed ({code}) while it built the engine; it was allowed {memory_mb} MiB, and may crash so where "
        "it needs more",
        reason="crashed", memory_mb=memory_mb,
    )  # fmt: skip


def out_of_memory(backend: str, memory_mb: int) -> VitrineError:
    """A build that needed more than it was allowed, or than there is."""
    return ModelUnavailable(
        f"{backend} ran out of memory; it was allowed {memory_mb} MiB: allow more, free the GPU, or build for fewer "
        "and smaller shapes",
        reason="out_of_memory", memory_mb=memory_mb,
    )  # fmt: skip


def _said(words: Sequence[str]) -> str:
    lines = [line for text in words for line in text.splitlines() if line and not _NOISE.search(line)]
    return " ".join(lines[-1].split())[:_LONGEST] if lines else "it says nothing"

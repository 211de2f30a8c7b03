"""CUDA graphs: a step's kernels launched as one, for shapes that were named before traffic."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from services.common.errors import Internal
from services.generate.engine.runner import Runner
from services.generate.engine.runners.eager import Signature, signature

#: Runs before a capture, in which libraries choose kernels and take memory.
_WARM_UPS: Final = 3
#: By which a replay may differ from a plain run, of the largest value: libraries may choose other kernels inside.
_TOLERANCE: Final = 1e-2

#: Does its work again, on the same memory.
Replay = Callable[[], None]
#: Does the work until it is warm, and records it.
Capture = Callable[[Callable[[], dict[str, Tensor]]], tuple[Replay, dict[str, Tensor]]]


@dataclass(frozen=True, eq=False)
class _Graph:
    """One shape's graph with the memory that it reads and writes."""

    inputs: dict[str, Tensor]
    outputs: dict[str, Tensor]
    replay: Replay


class GraphRunner:
    """Another runner's work as one graph for each shape; other shapes run plainly.

    Args:
        plain: Does the work on a GPU without waiting for it, so that it can be captured.
        capture: Records; a stand-in where there is no GPU.
    """

    def __init__(self, plain: Runner, capture: Capture | None = None) -> None:
        self._plain = plain
        self._capture = capture or capture_graph
        self._graphs: dict[Signature, _Graph] = {}
        self.name = f"{plain.name}_graphs"

    def prepare(self, inputs: Mapping[str, Tensor]) -> None:
        """Record the work for the shapes of these inputs, and believe it only if it gives what a plain run gives.

        Raises:
            Internal: It does not; the shape goes on running plainly. A graph recorded on another device than its
                network's is silently empty (https://github.com/ultralytics/ultralytics/pull/26223).
        """
        own = {name: tensor.clone() for name, tensor in inputs.items()}
        replay, outputs = self._capture(lambda: self._plain.run(own))
        graph = _Graph(own, outputs, replay)
        # Other values than those recorded: memory that still holds these would pass.
        other = {name: _turned(tensor) for name, tensor in inputs.items()}
        expected = self._plain.run(other)
        _agree(_replayed(graph, other), expected)
        self._graphs[signature(inputs)] = graph

    def run(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """See `Runner.run`."""
        graph = self._graphs.get(signature(inputs))
        return self._plain.run(inputs) if graph is None else _replayed(graph, inputs)

    def close(self) -> None:
        """See `Runner.close`."""
        self._graphs.clear()
        self._plain.close()


def capture_graph(work: Callable[[], dict[str, Tensor]]) -> tuple[Replay, dict[str, Tensor]]:
    """Record work on the current GPU (docs.pytorch.org, "CUDA Graphs").

    Only this thread is watched meanwhile: else what others do, such as taking memory, would break the capture
    (https://github.com/roboflow/inference/pull/2866).

    Args:
        work: Reads and writes the same memory each time.
    """
    side = torch.cuda.Stream()  # type: ignore[no-untyped-call] # torch's own types are partly missing
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(_WARM_UPS):
            work()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, capture_error_mode="thread_local"):
        outputs = work()
    return graph.replay, outputs


def _replayed(graph: _Graph, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    for name, tensor in inputs.items():
        graph.inputs[name].copy_(tensor)
    graph.replay()
    # Copies: the next replay writes into the same memory.
    return {name: tensor.clone() for name, tensor in graph.outputs.items()}


def _turned(tensor: Tensor) -> Tensor:
    """The same values, last row first, and of numbers the half: another input of the same kind."""
    turned = tensor.flip(0)
    return turned * 0.5 if tensor.is_floating_point() else turned


def _agree(got: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> None:
    for name, wanted in expected.items():
        apart = float((got[name].double() - wanted.double()).abs().max())
        # Written so that NaN fails too.
        if not apart <= _TOLERANCE * max(float(wanted.double().abs().max()), 1e-6):
            raise Internal(f"a CUDA graph gives another {name} than a plain run: up to {apart:.3g} apart")

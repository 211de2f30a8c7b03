"""Torch with compiled kernels, for shapes that were named before traffic."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from services.generate.engine.runners.eager import Signature, TorchRunner, signature
from services.generate.engine.submodel import SubModel


class CompiledRunner:
    """A sub-model through `torch.compile`.

    A shape is compiled in `prepare` or never: one that was not prepared runs operation by operation, as compiling takes
    minutes and no request shall wait for it.

    Args:
        model: On the device of its inputs.
        backend: What torch compiles with.
    """

    name = "torch_compile"

    def __init__(self, model: SubModel, backend: str | Callable[..., object] = "inductor") -> None:
        self._eager = TorchRunner(model)
        # One set of kernels for each shape: kernels for any shape are slower, and may have to be made anew.
        self._compiled = TorchRunner(model, torch.compile(model, backend=backend, dynamic=False))
        self._prepared: set[Signature] = set()

    def prepare(self, inputs: Mapping[str, Tensor]) -> None:
        """Compile for the shapes of these inputs; takes minutes."""
        self._compiled.run(inputs)
        self._prepared.add(signature(inputs))

    def run(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """See `Runner.run`."""
        return (self._compiled if signature(inputs) in self._prepared else self._eager).run(inputs)

    def close(self) -> None:
        """See `Runner.close`."""
        self._prepared.clear()
        self._eager.close()
        self._compiled.close()

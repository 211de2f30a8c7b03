"""Adapters as inputs of a network: low-rank factors (Hu et al., arXiv 2106.09685) that come with every call.

Nothing is refitted or rebuilt for another adapter, and rows of one batch may have different ones: factors are laid side
by side along the rank, and `adapter_scale` says for each row how much of each rank it takes.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, Final

from torch import Tensor, nn

from services.common.errors import InvalidInput
from services.generate.engine.interface import RANK, ROWS, TensorSpec
from services.generate.engine.submodel import SubModel, dtype_name

#: (rows, rank): how much of each rank each row takes; alpha / rank of the file is in it.
SCALE: Final = "adapter_scale"
_DOWN: Final = ".lora_A"
_UP: Final = ".lora_B"
#: Linear layers of attention and feed-forward, as diffusers and transformers name them.
_TARGET: Final = re.compile(r"(^|\.)(to_[qkv]|to_out\.0|ff\.net\.0\.proj|ff\.net\.2|[qkv]_proj|out_proj|fc[12])$")


def down_name(target: str) -> str:
    """The input of a layer's first factor, (rank, in features)."""
    return target + _DOWN


def up_name(target: str) -> str:
    """The input of a layer's second factor, (out features, rank)."""
    return target + _UP


def targets(network: nn.Module) -> dict[str, nn.Linear]:
    """The layers that take factors as inputs, by name."""
    return {
        name: module
        for name, module in network.named_modules()
        if isinstance(module, nn.Linear) and _TARGET.search(name)
    }


class WithFactors(SubModel):
    """A sub-model with a pair of factors for each target as further inputs.

    Args:
        model: Its own inputs come first. Its network gets hooks, which do nothing when it is called by others.

    Raises:
        InvalidInput: It has no layer that takes factors.
    """

    def __init__(self, model: SubModel) -> None:
        layers = targets(model.network)
        if not layers:
            raise InvalidInput(f"{model.part} has no attention layers, so it takes no adapters", field="part")
        dtype = dtype_name(model.dtype)
        added = [TensorSpec(SCALE, dtype, (ROWS, RANK))]
        for name, layer in layers.items():
            added.append(TensorSpec(down_name(name), dtype, (RANK, layer.in_features)))
            added.append(TensorSpec(up_name(name), dtype, (layer.out_features, RANK)))
        interface = replace(model.interface, inputs=(*model.interface.inputs, *added))
        super().__init__(model.part, model.network, interface, model.in_channels)
        self._plain = [model]  # in a list, so that its weights are not this module's a second time
        self._now: dict[str, Tensor] = {}
        for name, layer in layers.items():
            layer.register_forward_hook(partial(self._add, name))

    def compute(self, named: dict[str, Tensor]) -> tuple[Tensor, ...]:
        """The network's outputs with its adapters."""
        with self._using(named):
            return self._plain[0].compute(named)

    def weight_names(self) -> set[str]:
        """Those of the sub-model itself."""
        return self._plain[0].weight_names()

    @contextmanager
    def _using(self, named: dict[str, Tensor]) -> Iterator[None]:
        self._now = named
        try:
            yield
        finally:
            self._now = {}

    def _add(self, name: str, layer: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> Tensor:
        del layer
        if not self._now:
            return output
        # (rows, tokens, in) to (rows, tokens, rank), weighed for each row, to (rows, tokens, out)
        low = nn.functional.linear(inputs[0], self._now[down_name(name)]) * self._now[SCALE][:, None, :]
        return output + nn.functional.linear(low, self._now[up_name(name)])

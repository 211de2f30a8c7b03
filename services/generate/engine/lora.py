"""Three ways to use adapters, one interface.

    AdapterInputs       factors go in with every call; each row may have its own set; nothing is built or changed
    MergedWeights       added to weights of a torch network, beside it
    RefittedWeights     added to an engine's weights, where that was built for it

Whatever way: after A, then B, then A again, everything has A's bytes. Sums always begin with the base weights, in one
order, and what the last set changed is put back where the next one does not change it
(https://github.com/NVIDIA/TensorRT/issues/3628 is what happens else).
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from services.common.errors import InvalidInput
from services.generate.engine.adapter import Adapter, Factors
from services.generate.engine.factors import SCALE, down_name, targets, up_name
from services.generate.engine.interface import Ranks
from services.generate.engine.spec import FusedAdapter, Part
from services.generate.engine.submodel import SubModel

Weights = Mapping[str, Tensor]


@dataclass(frozen=True)
class Worn:
    """An adapter in use, and how much of it."""

    adapter: Adapter
    scale: float


#: Adapters in use together; an empty one is the network as it is.
AdapterSet = tuple[Worn, ...]


class AdapterUse(Protocol):
    """A way to use adapters."""

    def use(self, rows: Sequence[AdapterSet]) -> dict[str, Tensor]:
        """Let the next calls use these.

        Args:
            rows: For each row of the batch.

        Returns:
            What goes into each of these calls beside the inputs; often nothing.

        Raises:
            InvalidInput: An adapter can't be used this way.
        """


def fused(worn: AdapterSet) -> tuple[FusedAdapter, ...]:
    """What an engine's key says of adapters that are merged into its graph."""
    return tuple(FusedAdapter(one.adapter.sha256, one.scale) for one in _ordered(worn))


def merged(part: Part, base: Weights, worn: AdapterSet) -> dict[str, Tensor]:
    """The weights that a set changes, by their names, in the base's types.

    Args:
        part: Whose weights.
        base: The network's own, on any device.
        worn: The set; the same one gives the same bytes.
    """
    changed: dict[str, Tensor] = {}
    for one in _ordered(worn):
        for layer, factors in one.adapter.of(part).items():
            name = f"{layer}.weight"
            before = changed.get(name, base[name].to(torch.float32))
            changed[name] = before + one.scale * factors.delta(base[name].shape).to(before.device)
    return {name: weights.to(base[name].dtype) for name, weights in changed.items()}


class AdapterInputs:
    """Factors as inputs, see `factors.py`.

    Args:
        part: The sub-model.
        network: Whose layers take factors.
        ranks: Of the engine.
        dtype: Of its inputs.
    """

    def __init__(self, part: Part, network: nn.Module, ranks: Ranks, dtype: torch.dtype) -> None:
        self._part = part
        self._layers = {name: (layer.in_features, layer.out_features) for name, layer in targets(network).items()}
        self._ranks = ranks
        self._dtype = dtype
        self._device = next(network.parameters()).device

    def use(self, rows: Sequence[AdapterSet]) -> dict[str, Tensor]:
        """All factors side by side, and for each row which of them it takes.

        Raises:
            InvalidInput: An adapter changes other layers too, or their ranks are too many together.
        """
        adapters = {one.adapter.sha256: one.adapter for worn in rows for one in worn}
        places = self._places([adapters[sha256] for sha256 in sorted(adapters)])
        rank = max(self._ranks.least, max((place.stop for place in places.values()), default=0))
        scale = torch.zeros(len(rows), rank)
        for row, worn in enumerate(rows):
            for one in _ordered(worn):
                scale[row, places[one.adapter.sha256]] += one.scale
        inputs = {SCALE: scale}
        for name, (width_in, width_out) in self._layers.items():
            down, up = torch.zeros(rank, width_in), torch.zeros(width_out, rank)
            for sha256, place in places.items():
                factors = adapters[sha256].of(self._part).get(name)
                if factors is not None:
                    _lay(factors, place.start, down, up)
            inputs |= {down_name(name): down, up_name(name): up}
        return {name: tensor.to(self._device, self._dtype) for name, tensor in inputs.items()}

    def _places(self, adapters: Sequence[Adapter]) -> dict[str, slice]:
        """Where along the rank each adapter's factors lie."""
        places: dict[str, slice] = {}
        start = 0
        for adapter in adapters:
            layers = adapter.of(self._part)
            others = sorted(set(layers) - set(self._layers))
            if others:
                raise InvalidInput(
                    f"the adapter changes {others[0]!r}, which takes no factors as inputs; merge it instead",
                    layers=others[:10],
                )
            rank = max((factors.rank for factors in layers.values()), default=0)
            places[adapter.sha256] = slice(start, start + rank)
            start += rank
        if start > self._ranks.most:
            raise InvalidInput(
                f"the adapters of this batch have rank {start} together; the engine takes {self._ranks.most}",
                got=start, max=self._ranks.most,
            )  # fmt: skip
        return places


class MergedWeights:
    """Adapters added to weights of a torch network of its own, for as long as no others are asked for.

    It shares every weight with the network that it was made of, but for those that adapters change: these are never
    written over, so whoever else computes with that network does not notice, and nothing has to be taken off again.

    Args:
        model: The sub-model; stays as it is.

    Attributes:
        model: With the set in use.
    """

    def __init__(self, model: SubModel) -> None:
        self._part = model.part
        self._base = dict(model.network.named_parameters())
        shared = {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())}
        self.model = copy.deepcopy(model, shared)
        self._worn: AdapterSet = ()
        self._changed: frozenset[str] = frozenset()

    def use(self, rows: Sequence[AdapterSet]) -> dict[str, Tensor]:
        """Merge the set of all rows.

        Raises:
            InvalidInput: Rows have different sets.
        """
        worn = _one_set(rows)
        if worn == self._worn:
            return {}
        # The last set's weights go first, so that two sets never lie in memory side by side.
        self._put({name: self._base[name] for name in self._changed})
        self._worn, self._changed = (), frozenset()
        # Weights of a module may be read outside of inference mode too.
        with torch.inference_mode(mode=False), torch.no_grad():
            changed = merged(self._part, self._base, worn)
            self._put({name: nn.Parameter(weights, requires_grad=False) for name, weights in changed.items()})
        self._worn, self._changed = worn, frozenset(changed)
        return {}

    def _put(self, weights: Mapping[str, Tensor]) -> None:
        for name, tensor in weights.items():
            owner, _, leaf = name.rpartition(".")
            setattr(self.model.network.get_submodule(owner), leaf, tensor)


class RefittedWeights:
    """Adapters put into an engine's weights.

    Args:
        part: The sub-model.
        base: Its own weights, by the names of the graph.
        refit: Puts weights into the engine while nobody is at work in it, see `EngineRunner.refit`; where it fails, the
            engine is thrown away.
    """

    def __init__(self, part: Part, base: Weights, refit: Callable[[Weights], None]) -> None:
        self._part = part
        self._base = base
        self._refit = refit
        self._worn: AdapterSet = ()
        self._changed: frozenset[str] = frozenset()

    def use(self, rows: Sequence[AdapterSet]) -> dict[str, Tensor]:
        """Refit what this set or the last one changes.

        Raises:
            InvalidInput: Rows have different sets.
            VitrineError: What `refit` raised; the engine that comes next has the base's weights.
        """
        worn = _one_set(rows)
        if worn == self._worn:
            return {}
        changed = merged(self._part, self._base, worn)
        weights = {name: changed.get(name, self._base[name]) for name in sorted(self._changed | changed.keys())}
        # Whatever happens now, the last set is no longer in the engine.
        self._worn, self._changed = (), frozenset()
        self._refit(weights)
        self._worn, self._changed = worn, frozenset(changed)
        return {}


def _ordered(worn: AdapterSet) -> list[Worn]:
    return sorted(worn, key=lambda one: (one.adapter.sha256, one.scale))


def _one_set(rows: Sequence[AdapterSet]) -> AdapterSet:
    if len(set(rows)) > 1:
        raise InvalidInput("merged adapters are the same for a whole batch; take adapters as inputs for each its own")
    return rows[0] if rows else ()


def _lay(factors: Factors, start: int, down: Tensor, up: Tensor) -> None:
    """Put factors in their place; alpha / rank goes with the second, as it may differ between layers."""
    place = slice(start, start + factors.rank)
    down[place] = factors.down
    up[:, place] = factors.scale * factors.up

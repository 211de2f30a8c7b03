"""LoRA adapters as files: which layers they change, read from what kohya's trainer, peft and diffusers write.

Only safetensors are read, and nothing of an adapter is believed before it fits the network.
"""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor

from services.common.errors import InvalidInput
from services.generate.diffusion.header import PICKLES
from services.generate.engine.spec import Part
from services.generate.engine.submodel import SubModel

#: How the three write a part's name before a layer's.
_PREFIXES: Final = {
    "lora_unet_": Part.UNET, "unet.": Part.UNET, "base_model.model.": Part.UNET,
    "lora_te2_": Part.TEXT_ENCODER_2, "text_encoder_2.": Part.TEXT_ENCODER_2,
    "lora_te1_": Part.TEXT_ENCODER, "lora_te_": Part.TEXT_ENCODER, "text_encoder.": Part.TEXT_ENCODER,
}  # fmt: skip
_KINDS: Final = {
    ".lora_down.weight": "down", ".lora_A.weight": "down", ".lora.down.weight": "down",
    ".lora_up.weight": "up", ".lora_B.weight": "up", ".lora.up.weight": "up", ".alpha": "alpha",
}  # fmt: skip
#: Kohya's trainer names SDXL's blocks as the model's first release did.
_FIRST_RELEASE: Final = re.compile(r"(input_blocks|middle_block|output_blocks)_(?:(\d+)_)?1_(.+)")


class Factors(NamedTuple):
    """What is added to one layer's weights: scale * up @ down.

    Args:
        down: (rank, in), or (rank, in, kh, kw) for convolutions; float32.
        up: (out, rank), or (out, rank, 1, 1); float32.
        scale: alpha / rank.
    """

    down: Tensor
    up: Tensor
    scale: float

    @property
    def rank(self) -> int:
        """Its rank."""
        return self.down.shape[0]

    def delta(self, shape: torch.Size) -> Tensor:
        """What is added to weights of that shape, float32."""
        return (self.scale * (self.up.flatten(1) @ self.down.flatten(1))).reshape(shape)


@dataclass(frozen=True)
class Adapter:
    """One file; two of the same bytes are equal.

    Args:
        sha256: Of its bytes, in hex: its name wherever it matters which one is meant.
        layers: For each part, for each layer.
    """

    sha256: str
    layers: Mapping[Part, Mapping[str, Factors]] = field(compare=False, repr=False)

    @property
    def rank(self) -> int:
        """The largest of its layers."""
        return max(factors.rank for layers in self.layers.values() for factors in layers.values())

    @property
    def size_bytes(self) -> int:
        """In memory."""
        every = (factors for layers in self.layers.values() for factors in layers.values())
        return sum(factors.down.nbytes + factors.up.nbytes for factors in every)

    def of(self, part: Part) -> Mapping[str, Factors]:
        """The layers of a part."""
        return self.layers.get(part, {})


class AdapterReader:
    """Reads adapters for one checkpoint.

    Args:
        models: Its sub-models.
        max_rank: Largest that is taken.
    """

    def __init__(self, models: Mapping[Part, SubModel], max_rank: int = 64) -> None:
        self._names = {part: _Names(model) for part, model in models.items()}
        self._max_rank = max_rank

    def read(self, data: bytes) -> Adapter:
        """Read a file's bytes.

        Raises:
            InvalidInput: It is no safetensors file, or changes what this checkpoint does not have; the message says
                what.
        """
        try:
            tensors = load(data)
        except (SafetensorError, ValueError, KeyError) as error:
            what = "a pickle, which may run code" if data.startswith(PICKLES) else "no safetensors file"
            raise InvalidInput(f"the adapter is {what}; only safetensors are read") from error
        found: dict[Part, dict[str, dict[str, Tensor]]] = {}
        for name, tensor in tensors.items():
            part, layer, kind = self._place(name)
            found.setdefault(part, {}).setdefault(layer, {})[kind] = tensor.to(torch.float32)
        if not found:
            raise InvalidInput("the adapter holds no weights")
        alphas = _alphas(data)
        return Adapter(
            hashlib.sha256(data).hexdigest(),
            {
                part: {layer: self._factors(part, layer, parts, alphas) for layer, parts in sorted(layers.items())}
                for part, layers in found.items()
            },
        )

    def _place(self, name: str) -> tuple[Part, str, str]:
        """The part, the layer and the kind of a tensor."""
        suffix = next((suffix for suffix in _KINDS if name.endswith(suffix)), None)
        prefix = next((prefix for prefix in _PREFIXES if name.startswith(prefix)), None)
        if suffix is None or prefix is None:
            raise InvalidInput(
                f"the adapter holds {name[:120]!r}, which is no low-rank factor of a text encoder or a UNet; other "
                "kinds (DoRA, LoHa, LoKr) are not read",
                tensor=name[:120],
            )
        part = _PREFIXES[prefix]
        stem = name.removeprefix(prefix).removesuffix(suffix)
        layer = self._names[part].find(stem.removeprefix("unet.")) if part in self._names else None
        if layer is None:
            raise InvalidInput(
                f"the adapter changes {stem[:120]!r} of the {part}, which this checkpoint does not have: it was made "
                "for another architecture",
                tensor=name[:120],
            )
        return part, layer, _KINDS[suffix]

    def _factors(self, part: Part, layer: str, found: Mapping[str, Tensor], alphas: Mapping[Part, float]) -> Factors:
        if "down" not in found or "up" not in found:
            raise InvalidInput(f"the adapter holds one of two factors of {layer!r}")
        down, up = found["down"], found["up"]
        shape = self._names[part].shapes[layer]
        rank = down.shape[0] if down.dim() else 0
        if rank > self._max_rank:
            raise InvalidInput(
                f"the adapter's rank is {rank} at {layer!r}; at most {self._max_rank} is taken",
                got=rank, max=self._max_rank,
            )  # fmt: skip
        fits = (
            rank > 0 and down.dim() >= 2 and up.dim() >= 2 and up.shape[:2] == (shape[0], rank)
            and down[0].numel() == math.prod(shape[1:]) and up[0].numel() == rank
        )  # fmt: skip
        if not fits:
            raise InvalidInput(
                f"the adapter's factors of {layer!r} are {list(down.shape)} and {list(up.shape)}, which don't make up "
                f"weights of {list(shape)}"
            )
        alpha = float(found["alpha"]) if "alpha" in found else alphas.get(part, float(rank))
        if not (bool(torch.isfinite(down).all()) and bool(torch.isfinite(up).all()) and math.isfinite(alpha)):
            raise InvalidInput(f"the adapter's factors of {layer!r} hold numbers that are none")
        return Factors(down, up, alpha / rank)


class _Names:
    """A part's layers by all names that they go by."""

    def __init__(self, model: SubModel) -> None:
        state = model.network.state_dict()
        names = [name.removesuffix(".weight") for name, weights in state.items() if name.endswith(".weight")]
        self.shapes = {name: tuple(state[f"{name}.weight"].shape) for name in names}
        self._known = {name.replace(".", "_"): name for name in names if len(self.shapes[name]) >= 2}
        # Transformers has put the encoder into a "text_model" and taken it out again.
        self._known |= {f"text_model_{short}": name for short, name in self._known.items()}
        config = getattr(model.network, "config", None)
        self._per_block = getattr(config, "layers_per_block", None)

    def find(self, stem: str) -> str | None:
        short = stem.replace(".", "_")
        return self._known.get(short) or self._known.get(self._renamed(short))

    def _renamed(self, short: str) -> str:
        match = _FIRST_RELEASE.fullmatch(short)
        if match is None or not isinstance(self._per_block, int):
            return short
        place, number, rest = match[1], int(match[2] or 0), match[3]
        if place == "middle_block":
            return f"mid_block_attentions_0_{rest}"
        # Each block ends with a layer that halves or doubles; the first input is no block.
        block, layer = divmod(number - (place == "input_blocks"), self._per_block + 1)
        side = "down_blocks" if place == "input_blocks" else "up_blocks"
        return f"{side}_{block}_attentions_{layer}_{rest}"


def _alphas(data: bytes) -> dict[Part, float]:
    """What diffusers writes beside the weights when it saves peft's adapters; empty where nothing is said."""
    size = int.from_bytes(data[:8], "little")
    header: dict[str, Any] = json.loads(data[8 : 8 + size])
    try:
        told = json.loads(header["__metadata__"]["lora_adapter_metadata"])
        return {part: float(told[f"{part}.lora_alpha"]) for part in Part if f"{part}.lora_alpha" in told}
    except (KeyError, ValueError, TypeError):
        return {}

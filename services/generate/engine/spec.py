"""What an engine is built from, and the key that follows from all of it.

Two engines have one key only if one may stand in for the other. The engine's own bytes are not in it: two builds of one
network give different ones.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

from services.common.errors import InvalidInput
from services.generate.engine.bucket import Profile
from services.generate.engine.interface import Interface, Ranks

#: Raised when what an engine's key means changes, so that engines of before are not found.
SCHEMA: Final = 1


class Backend(StrEnum):
    """The two libraries whose engines are kept."""

    TENSORRT = "tensorrt"
    TENSORRT_RTX = "tensorrt_rtx"


class Part(StrEnum):
    """The sub-models that are compiled one by one."""

    TEXT_ENCODER = "text_encoder"
    TEXT_ENCODER_2 = "text_encoder_2"
    UNET = "unet"
    VAE_ENCODER = "vae_encoder"
    VAE_DECODER = "vae_decoder"
    SEGMENTER = "segmenter"


class Precision(StrEnum):
    """A recipe for types; the graph itself has them, engines only keep them."""

    FP32 = "fp32"
    FP16 = "fp16"
    BF16 = "bf16"
    FP8 = "fp8"


class Refit(StrEnum):
    """Which weights can be changed after the build.

    All of them would cost up to twice the time of a step (https://github.com/NVIDIA/TensorRT/issues/2936), so only what
    adapters change can be.
    """

    NONE = "none"
    ADAPTER_TARGETS = "adapter_targets"


@dataclass(frozen=True)
class ModelSpec:
    """One exported sub-model.

    Args:
        part: Which.
        onnx_sha256: Of the graph and of its external data, in this order.
        config_sha256: Of the network's configuration.
        interface: Inputs and outputs.
        in_channels: Of pictures or latents, as the configuration says: 9 for inpainting UNets.
        head_sizes: Of its attentions, ascending.
    """

    part: Part
    onnx_sha256: str
    config_sha256: str
    interface: Interface
    in_channels: int
    head_sizes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Target:
    """What an engine will run on.

    Args:
        backend: The library.
        version: Its full version: engines never cross versions.
        cuda: Runtime, major and minor: "13.0".
        compute_capabilities: Of the GPUs: "8.6". Several for TensorRT-RTX alone.
        gpu: The GPU's name; for TensorRT alone, whose kernels are chosen by measuring on it.
        platform: Operating system and processor: "linux-x86_64".

    Raises:
        InvalidInput: There is no GPU, or a name where none counts.
    """

    backend: Backend
    version: str
    cuda: str
    compute_capabilities: tuple[str, ...]
    gpu: str
    platform: str

    def __post_init__(self) -> None:
        if self.backend == Backend.TENSORRT and (len(self.compute_capabilities) != 1 or not self.gpu):
            raise InvalidInput("an engine of tensorrt is for one GPU, by name and compute capability", field="gpu")
        if self.backend == Backend.TENSORRT_RTX and (not self.compute_capabilities or self.gpu):
            raise InvalidInput(
                "an engine of tensorrt_rtx is for compute capabilities, not for a GPU by name", field="gpu"
            )


@dataclass(frozen=True)
class BuildOptions:
    """What the builder is told beside the graph.

    Args:
        optimization_level: 0 to 5; higher looks longer for faster kernels.
        workspace_mb: The most memory that a kernel may use besides its tensors, in MiB.
        flags: Names of builder flags, ascending.
    """

    optimization_level: int = 3
    workspace_mb: int = 4096
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class FusedAdapter:
    """An adapter whose weights are added into the graph: its file's digest and how much of it."""

    sha256: str
    scale: float


@dataclass(frozen=True)
class EngineSpec:
    """Everything that decides what an engine computes and where it runs.

    The driver is not in it: engines run on the builder's driver or a later one, which the store checks.

    Args:
        model: The graph.
        target: Where it will run.
        profiles: The shapes.
        precision: The recipe of types.
        options: Of the builder.
        refit: What can be changed afterwards.
        ranks: Of adapters that are inputs; None = they are none.
        fused: Adapters that are part of the weights.

    Raises:
        InvalidInput: It has no profile, a profile that the network can't take, or options that exclude each other.
    """

    model: ModelSpec
    target: Target
    profiles: tuple[Profile, ...]
    precision: Precision
    options: BuildOptions = BuildOptions()
    refit: Refit = Refit.NONE
    ranks: Ranks | None = None
    fused: tuple[FusedAdapter, ...] = ()

    def __post_init__(self) -> None:
        if not self.profiles:
            raise InvalidInput("an engine needs at least one profile", field="profiles")
        for profile in self.profiles:
            self.model.interface.profile_shapes(profile, self.ranks)
        if self.precision == Precision.FP8 and (self.ranks or self.refit != Refit.NONE):
            # Scales are measured with the adapter in place (ModelOpt's diffusers example checks for the same).
            raise InvalidInput("an fp8 engine has its adapters fused; it takes none later", field="precision")
        if self.ranks and self.refit != Refit.NONE:
            raise InvalidInput("adapters are inputs or refitted weights, not both", field="refit")

    def key(self) -> str:
        """The engine's name: a sha256 of every field, in hex."""
        return hashlib.sha256(self.canonical_json().encode()).hexdigest()

    def canonical_json(self) -> str:
        """Every field, the same text for the same engine."""
        return canonical_json({"schema": SCHEMA, **asdict(self)})


def canonical_json(value: Any) -> str:
    """JSON with sorted names, no spaces and nothing that is no JSON."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)

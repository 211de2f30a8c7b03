"""What of a checkpoint is compiled, and how."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from services.common.errors import InvalidInput
from services.generate.diffusion.checkpoint import Checkpoint
from services.generate.engine.bucket import BUCKETS, ShapeBucket, static_profiles
from services.generate.engine.builder import EngineBuilder, Progress
from services.generate.engine.export import ExportedModel, export
from services.generate.engine.factors import WithFactors
from services.generate.engine.interface import Interface, Ranks
from services.generate.engine.spec import BuildOptions, EngineSpec, Part, Precision, Refit, Target
from services.generate.engine.store import EngineStore, StoredEngine
from services.generate.engine.submodel import SubModel

_PRECISIONS: Final = {"float32": Precision.FP32, "float16": Precision.FP16, "bfloat16": Precision.BF16}


@dataclass(frozen=True)
class EnginePlan:
    """How a checkpoint's sub-models become engines.

    Args:
        target: Where they will run.
        buckets: The shapes, one static profile each.
        ranks: Of adapters that are inputs of the denoiser; None = they are none.
        refit: Whether the denoiser's adapters can be put into its weights.
        options: Of the builder.
        opset: Of the graph; None = the best for its attention; 20 for GPUs that compute fused attention wrongly.
    """

    target: Target
    buckets: tuple[ShapeBucket, ...]
    ranks: Ranks | None = None
    refit: Refit = Refit.NONE
    options: BuildOptions = field(default_factory=BuildOptions)
    opset: int | None = None

    def export(self, model: SubModel, path: Path) -> ExportedModel:
        """The graph of a sub-model; adapters go into the denoiser alone.

        Raises:
            ModelUnavailable: It can't be traced.
        """
        return export(WithFactors(model) if self._takes_factors(model.part) else model, path, self.opset)

    def spec(self, model: ExportedModel) -> EngineSpec:
        """The engine of a graph.

        Raises:
            InvalidInput: The network can't take a shape, or options exclude each other.
        """
        interface = model.spec.interface
        return EngineSpec(
            model.spec, self.target, static_profiles(self._distinct(interface)), _precision(interface),
            self.options, self.refit if model.spec.part == Part.UNET else Refit.NONE,
            self.ranks if self._takes_factors(model.spec.part) else None,
        )  # fmt: skip

    def build(
        self, model: ExportedModel, store: EngineStore, builder: EngineBuilder, progress: Progress | None = None
    ) -> StoredEngine | None:
        """The engine of a graph, from the store or built into it; None where another process is building it.

        Raises:
            InvalidInput, ModelUnavailable, DeadlineExceeded, StorageUnavailable: See `EngineBuilder` and `EngineStore`.
        """
        spec = self.spec(model)
        return store.build(spec, lambda path: builder.build(model, spec, path, progress))

    def _takes_factors(self, part: Part) -> bool:
        return self.ranks is not None and part == Part.UNET

    def _distinct(self, interface: Interface) -> tuple[ShapeBucket, ...]:
        """The first bucket of each shape: to a text encoder, all sizes are one."""
        first: dict[tuple[tuple[str, tuple[int, ...]], ...], ShapeBucket] = {}
        for bucket in self.buckets:
            first.setdefault(tuple(sorted(interface.shapes(bucket).items())), bucket)
        return tuple(first.values())


def usual_buckets(checkpoint: Checkpoint) -> tuple[ShapeBucket, ...]:
    """The shapes that are offered and that the checkpoint draws; its own square where none is."""
    sizes = set(checkpoint.buckets.sizes)
    native_px = checkpoint.buckets.native_px
    fitting = tuple(bucket for bucket in BUCKETS if (bucket.height_px, bucket.width_px) in sizes)
    return fitting or (ShapeBucket(1, native_px, native_px),)


def check_buckets(buckets: tuple[ShapeBucket, ...], fits: Callable[[tuple[int, int]], None]) -> None:
    """Refuse shapes that nobody will ask for.

    Args:
        buckets: The shapes.
        fits: Raises InvalidInput where a size (height, width) is not drawn, see `Buckets.check`.

    Raises:
        InvalidInput: One is not drawn, or there is none.
    """
    if not buckets:
        raise InvalidInput("engines need at least one shape", field="shapes")
    for bucket in buckets:
        fits((bucket.height_px, bucket.width_px))


def _precision(interface: Interface) -> Precision:
    """By the type of what comes out, which is that of the weights."""
    return _PRECISIONS[interface.outputs[0].dtype]

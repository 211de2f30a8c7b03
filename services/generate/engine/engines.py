"""A checkpoint's engines on this machine's GPU."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import torch

from services.generate.diffusion.checkpoint import Checkpoint
from services.generate.engine.backend import Library, gpu_target, rtx_target
from services.generate.engine.builder import EngineBuilder
from services.generate.engine.export import describe
from services.generate.engine.gate import GoldenGate
from services.generate.engine.interface import Interface
from services.generate.engine.lifecycle import EngineRunner, EngineWork
from services.generate.engine.plan import EnginePlan, usual_buckets
from services.generate.engine.prepared import Told
from services.generate.engine.runner import Runner
from services.generate.engine.runners.activations import ActivationMemory
from services.generate.engine.runners.tensorrt import TensorRtRunner
from services.generate.engine.spec import Backend, EngineSpec, Part, Target
from services.generate.engine.store import EngineStore, StoredEngine
from services.generate.engine.submodel import SubModel

#: Of a build that a service does itself; `vitrine engines build` takes others.
BUILD_TIMEOUT_S: Final = 7200.0
BUILD_MEMORY_MB: Final = 32768
#: Makes a runner of an engine.
OpenEngine = Callable[[StoredEngine, Interface], Runner]


@dataclass(frozen=True)
class EngineShop:
    """What engines are made with and where they lie.

    Args:
        plan: Which engines.
        store: Where they lie.
        builder: Builds them.
        open: Loads them.
        exported: Gives the graph of a part, exported where it is not there; takes minutes then.
        device: Where they run, as torch calls it.
    """

    plan: EnginePlan
    store: EngineStore
    builder: EngineBuilder
    open: OpenEngine
    exported: Callable[[Part], Path]
    device: str

    def runner(self, model: SubModel, fallback: Runner, told: Told | None = None) -> EngineRunner:
        """A runner that is its engine once that is built and agrees with the fallback, which serves until then.

        Args:
            model: The sub-model, in the type that the engine is to have.
            fallback: It in torch.
            told: Told every state.
        """
        gate = GoldenGate(fallback, device=self.device)
        work = EngineWork(
            partial(self._build, model), lambda stored: self.open(stored, model.interface), gate.judge, gate.look
        )
        return EngineRunner(model.part, partial(self._spec, model), self.store, work, fallback, told)

    def _spec(self, model: SubModel) -> EngineSpec:
        return self.plan.spec(describe(model, self.exported(model.part)))

    def _build(self, model: SubModel, spec: EngineSpec, path: Path) -> None:
        self.builder.build(describe(model, self.exported(model.part)), spec, path)


def engine_shop(
    library: Library, checkpoint: Checkpoint, store: EngineStore, exported: Callable[[Part], Path], device: torch.device
) -> EngineShop:
    """Engines for the shapes that a checkpoint draws, on a GPU of this machine.

    Args:
        library: TensorRT or TensorRT-RTX.
        checkpoint: Says which shapes.
        store: Where engines lie.
        exported: Gives the graph of a part.
        device: The GPU.

    Raises:
        InvalidInput: TensorRT-RTX is not built for this GPU.
    """
    memory = ActivationMemory(device)

    def load(stored: StoredEngine, interface: Interface) -> Runner:
        return TensorRtRunner.open(library, stored.data, stored.manifest.engine_sha256, interface, memory)

    plan = EnginePlan(_target(library, device), usual_buckets(checkpoint))
    builder = EngineBuilder(BUILD_TIMEOUT_S, BUILD_MEMORY_MB, has_gpu=True)
    return EngineShop(plan, store, builder, load, exported, str(device))


def _target(library: Library, device: torch.device) -> Target:
    major, minor = torch.cuda.get_device_capability(device)
    if library.backend == Backend.TENSORRT_RTX:
        return rtx_target(library, (f"{major}.{minor}",))
    return gpu_target(library, torch.cuda.get_device_name(device), f"{major}.{minor}")

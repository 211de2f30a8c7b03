"""From a choice to the runners of a checkpoint's networks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final, Self

from services.common.logs import logger
from services.common.metrics import Recorder
from services.common.settings import GenerateSettings
from services.generate.diffusion.checkpoint import Checkpoint
from services.generate.diffusion.networks import Networks
from services.generate.engine.backend import Library
from services.generate.engine.bucket import ShapeBucket
from services.generate.engine.drawn import draw_inputs
from services.generate.engine.engines import EngineShop, engine_shop
from services.generate.engine.exports import ExportJob, Exports
from services.generate.engine.gate import GoldenGate, Verdict
from services.generate.engine.machine import Machine
from services.generate.engine.network import ArrayNetwork
from services.generate.engine.prepared import Preparation, Prepared, PreparedRunner, Told
from services.generate.engine.reporting import EngineMetrics
from services.generate.engine.runner import Runner
from services.generate.engine.runners.arrays import ArrayRunner
from services.generate.engine.runners.compiled import CompiledRunner
from services.generate.engine.runners.eager import TorchRunner, torch_runners
from services.generate.engine.runners.graphs import GraphRunner
from services.generate.engine.runners.onnxruntime import OnnxRuntimeNetwork
from services.generate.engine.runners.openvino import OpenVinoNetwork
from services.generate.engine.runners.openvino import Precision as OpenVinoPrecision
from services.generate.engine.selector import Choice, Needs, RunnerKind, choose
from services.generate.engine.shared import SharedEngines
from services.generate.engine.spec import Backend, Part, Precision
from services.generate.engine.store import EngineStore
from services.generate.engine.submodel import SubModel, dtype_name, sub_models

Share = Callable[[], SharedEngines]

#: What works at every step or on whole pictures, what gains most first. Text is encoded once, and kept.
PARTS: Final = (Part.UNET, Part.VAE_DECODER, Part.VAE_ENCODER)
#: By the setting; half precision is bfloat16 on a CPU.
_OPENVINO: Final[dict[str, OpenVinoPrecision]] = {
    "auto": "auto", "float32": "f32", "bfloat16": "bf16", "float16": "bf16",
}  # fmt: skip


class Runners:
    """What computes a checkpoint's networks.

    Nothing waits for a build: torch serves until `start` has made the chosen runners ready in the background.

    Args:
        choice: The library.
        checkpoint: Of the networks.
        sha256: The checkpoint's.
        settings: Threads and precision.
        work_dir: For exported and compiled networks.
        told: Told the states of every part.
        exports: Where exported networks are; below `work_dir` when absent.
        share: Opens the engines that all machines share; None = each builds its own.
    """

    def __init__(
        self,
        choice: Choice,
        checkpoint: Checkpoint,
        sha256: str,
        settings: GenerateSettings,
        work_dir: Path,
        told: Told | None = None,
        exports: Exports | None = None,
        share: Share | None = None,
    ) -> None:
        self.choice = choice
        self._checkpoint = checkpoint
        self._job = ExportJob(checkpoint, sha256, PARTS)
        self._settings = settings
        self._work_dir = work_dir
        self._told = told
        self._exports = exports or Exports(work_dir / "exports")
        self._share = share
        self._preparation = Preparation(())

    @classmethod
    def choose(
        cls,
        checkpoint: Checkpoint,
        sha256: str,
        settings: GenerateSettings,
        work_dir: Path,
        recorder: Recorder | None = None,
        share: Share | None = None,
    ) -> Self:
        """The runners that the selector chooses for this machine; the log says which and why.

        Args:
            checkpoint: Of the networks.
            sha256: The checkpoint's.
            settings: What the operator wants, threads and precision.
            work_dir: For exported and compiled networks.
            recorder: Gets what computes, and the states of every part.
            share: Opens the engines that all machines share.

        Raises:
            ModelUnavailable: What the operator wants can't be had here.
        """
        wanted, width_bytes = settings.diffusion.runner, 4 if settings.diffusion.precision == "float32" else 2
        choice = choose(
            Machine.probe(), Needs(checkpoint.weights * width_bytes),
            wanted if wanted == "auto" else RunnerKind(wanted), settings.diffusion.device,
        )  # fmt: skip
        logger(part="engines").info("runner_chosen", **choice.told())
        report = None if recorder is None else EngineMetrics(recorder, choice.runner)
        if report is not None:
            report.begin(PARTS)
        return cls(choice, checkpoint, sha256, settings, work_dir, report, share=share)

    def open(self, networks: Networks) -> Mapping[Part, Runner]:
        """A runner for every part, each of which works at once; for `InpaintPipeline.open`.

        Raises:
            ModelUnavailable: The library that was chosen is not installed any more, or of another version.
        """
        runners, models = torch_runners(networks), sub_models(networks)
        match self.choice.runner:
            case RunnerKind.TORCH:
                pass
            case RunnerKind.TORCH_COMPILE | RunnerKind.TORCH_GRAPHS:
                runners |= {part: self._warm(models[part]) for part in (Part.UNET, Part.VAE_DECODER)}
            case RunnerKind.OPENVINO | RunnerKind.ONNXRUNTIME:
                runners |= self._prepared([self._later(models[part], runners[part]) for part in PARTS])
            case RunnerKind.TENSORRT | RunnerKind.TENSORRT_RTX:
                shop = self._engine_shop(models[Part.UNET])
                runners |= self._prepared([shop.runner(models[part], runners[part], self._told) for part in PARTS])
        return runners

    def start(self) -> None:
        """Begin to make ready what `open` gave."""
        self._preparation.start()

    def prepare(self) -> None:
        """Make it ready here and now."""
        self._preparation.run()

    def status(self) -> dict[str, Any]:
        """The choice with its reason, and each part's state; JSON types only."""
        return self.choice.told() | {"parts": [runner.status() for runner in self._preparation.runners]}

    def close(self) -> None:
        """Begin nothing further; the runners are closed by who uses them."""
        self._preparation.close()

    def _prepared(self, prepared: Sequence[Prepared]) -> dict[Part, Runner]:
        self._preparation = Preparation(prepared)
        return {runner.part: runner for runner in prepared}

    def _engine_shop(self, unet: SubModel) -> EngineShop:
        library = Library.open(Backend(self.choice.runner))
        gpu = Machine.probe().gpu
        store = EngineStore(self._work_dir, self._share() if self._share else None, gpu.driver if gpu else "")
        job = replace(self._job, dtype=dtype_name(unet.dtype))
        device = next(unet.parameters()).device
        return engine_shop(library, self._checkpoint, store, lambda part: self._exports.get(job)[part], device)

    def _warm(self, model: SubModel) -> Runner:
        """Compiled or recorded for one picture of every size."""
        compiled = self.choice.runner == RunnerKind.TORCH_COMPILE
        runner = CompiledRunner(model) if compiled else GraphRunner(TorchRunner(model))
        device = next(model.parameters()).device
        for height, width in self._checkpoint.buckets.sizes:
            shapes = model.interface.shapes(ShapeBucket(1, height, width))
            drawn = draw_inputs(model.interface, shapes, seed=0)
            runner.prepare({name: tensor.to(device) for name, tensor in drawn.items()})
        return runner

    def _later(self, model: SubModel, fallback: Runner) -> PreparedRunner:
        gate = GoldenGate(TorchRunner(model))
        return PreparedRunner(
            model.part, partial(self._make, model), partial(self._judge, gate, model), fallback, self._told
        )

    def _make(self, model: SubModel) -> Runner:
        path = self._exports.get(self._job)[model.part]
        return ArrayRunner(self._network(path), model.interface)

    def _network(self, path: Path) -> ArrayNetwork:
        threads = self._settings.threads
        if self.choice.runner == RunnerKind.ONNXRUNTIME:
            return OnnxRuntimeNetwork(path, threads)
        precision = _OPENVINO[self._settings.diffusion.precision]
        return OpenVinoNetwork(path, threads, self._work_dir / "openvino", precision)

    def _judge(self, gate: GoldenGate, model: SubModel, runner: Runner) -> Verdict:
        """On one picture and on two, of the squarest size and of the widest: a dynamic graph takes any."""
        by_width = sorted(self._checkpoint.buckets.sizes, key=lambda size_hw: abs(size_hw[1] / size_hw[0] - 1))
        buckets = ShapeBucket(1, *by_width[-1]), ShapeBucket(2, *by_width[0])
        halved = runner.name.endswith("bf16")
        return gate.compare(runner, model.interface, buckets, Precision.BF16 if halved else Precision.FP32)

"""Backgrounds that a diffusion model draws around a product."""

from collections.abc import Callable
from typing import Any, Final, Self

import numpy as np
import torch
from numpy.typing import NDArray

from services.common.deadline import Deadline
from services.common.metrics import Recorder
from services.common.settings import DiffusionSettings, GenerateSettings
from services.generate.diffusion.adapters import Adapters, Files
from services.generate.diffusion.checkpoint import Checkpoint
from services.generate.diffusion.estimates import Estimates
from services.generate.diffusion.hardware import Hardware
from services.generate.diffusion.order import Order
from services.generate.diffusion.painting import Painting
from services.generate.diffusion.standing import StandingProduct
from services.generate.engine.adapter import AdapterReader
from services.generate.engine.opening import Runners, Share
from services.generate.loop import DenoisingLoop, LoopLimits
from services.generate.pipeline import InpaintPipeline
from services.generate.schema import AdapterFacts, Drawing, DrawnStyle, GenerateRequest, StepDone
from services.generate.upscale.enlargement import Enlarge, as_it_is
from services.models.cache import ModelCache
from services.segment.schema import SegmentResult

#: Part of a picture's recipe; a change that changes pictures raises it.
_VERSION: Final = 3


class DiffusionPainter:
    """Draws over backgrounds, many pictures at a time; safe to share between threads.

    Args:
        pipeline: Of the checkpoint.
        loop: Over that pipeline; its thread runs.
        checkpoint: Name and version, for recipes.
        adapters: Reads those that drawings name.
        runners: Made ready in the background once the warm-up is over; None = ready as they are.
    """

    def __init__(
        self,
        pipeline: InpaintPipeline,
        loop: DenoisingLoop,
        checkpoint: str,
        adapters: Adapters,
        runners: Runners | None = None,
    ) -> None:
        self.name = f"diffusion-{_VERSION} {checkpoint}"
        self._checkpoint = checkpoint
        self._pipeline = pipeline
        self._loop = loop
        self._adapters = adapters
        self._runners = runners

    @classmethod
    def open(
        cls,
        settings: GenerateSettings,
        cache: ModelCache,
        files: Files,
        recorder: Recorder | None = None,
        share: Share | None = None,
    ) -> Self:
        """A painter with the checkpoint that the settings name.

        Args:
            settings: Which checkpoint, and what computes it.
            cache: Where it comes from.
            files: Where styles lie.
            recorder: Gets what computes the networks, and every step.
            share: Opens the engines that all machines share.

        Raises:
            NotFound: The catalogue has no such checkpoint.
            ModelUnavailable: It can't be had or used, or there is no such device, or what the settings want to compute
                it can't be had here.
        """
        chosen = settings.diffusion
        entry = cache.catalog.get(chosen.checkpoint)
        checkpoint = Checkpoint.read(cache.path(chosen.checkpoint), chosen.checkpoint)
        runners = Runners.choose(checkpoint, entry.sha256, settings, cache.derived_dir("networks"), recorder, share)
        hardware = Hardware.find(runners.choice.device, chosen.precision)
        if hardware.device == "cpu":
            torch.set_num_threads(settings.threads)
        pipeline = InpaintPipeline.open(checkpoint, hardware.device, hardware.dtype, runners.open)
        measured_for = f"{hardware.name}, {runners.choice.runner}, {settings.threads} threads, {entry.sha256}"
        estimates = Estimates.open(cache.derived_dir("estimates") / "denoising.json", measured_for)
        loop = DenoisingLoop(pipeline, estimates, _limits(chosen), recorder=recorder)
        reader = AdapterReader(pipeline.models, chosen.max_rank)
        adapters = Adapters(files, reader, chosen.styles_mb << 20, recorder)
        return cls(pipeline, loop, f"{entry.name} {entry.version}", adapters, runners)

    def paint(
        self,
        background: NDArray[np.uint8],
        request: GenerateRequest,
        drawing: Drawing,
        cutout: SegmentResult,
        deadline: Deadline,
        on_step: Callable[[StepDone], None] | None = None,
        enlarge: Enlarge = as_it_is,
    ) -> NDArray[np.uint8]:
        """Draw around the product.

        Args:
            background: (H, W, 3) uint8 sRGB of the canvas' size; what is drawn over.
            request: For seed and request id.
            drawing: How to draw.
            cutout: The product.
            deadline: The sample leaves within one step of its end.
            on_step: Told of every step, from the loop's thread.
            enlarge: Used where the canvas is larger than what the checkpoint draws.

        Returns:
            (H, W, 3) uint8 sRGB. The product is in it as the model drew it.

        Raises:
            InvalidInput, Overloaded, TooLarge, DeadlineExceeded, Cancelled, NotReady, Internal: See `DenoisingLoop`.
            NotFound, StorageUnavailable: A style's file can't be had, see `Adapters.worn`.
        """
        styles = self._adapters.worn(drawing.styles, deadline)
        product = StandingProduct.placed(cutout, drawing.placement)
        painting = Painting.plan(self._pipeline.buckets, background, product, drawing, request.seed, styles)

        def tell(done: StepDone) -> None:
            if on_step is not None:
                preview = None if done.preview is None else painting.fit.preview(done.preview)
                on_step(StepDone(done.step, done.steps, preview))

        order = Order(
            painting.request,
            deadline,
            deterministic=drawing.deterministic,
            preview_every=drawing.preview_every,
            on_step=tell,
            request_id=request.request_id,
        )
        # The loop looks at the deadline and its token between steps, so waiting for it needs no limit of its own.
        return painting.finish(self._loop.submit(order).result(), enlarge)

    def examine(self, style: DrawnStyle, deadline: Deadline) -> AdapterFacts:
        """Hold an adapter against the checkpoint, and keep it in memory where it fits.

        Raises:
            InvalidInput, NotFound, StorageUnavailable: See `Adapters.worn`.
        """
        adapter = self._adapters.get(style, deadline)
        return AdapterFacts(adapter.rank, tuple(sorted(adapter.layers)), self._checkpoint)

    def warm_up(self) -> None:
        """Make a small picture, let the loop's thread have the networks, and begin to make better runners ready."""
        self._pipeline.warm_up()
        self._loop.start()
        if self._runners is not None:
            self._runners.start()

    def status(self) -> dict[str, Any]:
        """What computes the networks, and why; JSON types only."""
        return {} if self._runners is None else self._runners.status()

    def check(self) -> None:
        """See `DenoisingLoop.check`."""
        self._loop.check()

    def close(self) -> None:
        """See `DenoisingLoop.close`."""
        if self._runners is not None:
            self._runners.close()
        self._loop.close()


def _limits(settings: DiffusionSettings) -> LoopLimits:
    memory = settings.memory_mb
    return LoopLimits(settings.slots, settings.max_batch, None if memory is None else memory << 20)

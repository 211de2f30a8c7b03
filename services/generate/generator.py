"""The generation stage: a request in, a background with its light out."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

from services.common.camera import Camera
from services.common.deadline import Deadline
from services.common.errors import Internal, InvalidInput
from services.common.metrics import Recorder
from services.common.settings import GenerateSettings
from services.generate.plates.painter import PlatePainter
from services.generate.reference import fit_reference
from services.generate.scene import SceneCatalog
from services.generate.schema import (
    PLATES_ONLY,
    AdapterFacts,
    ExamineRequest,
    GenerateRequest,
    GenerateResult,
    StepDone,
)
from services.generate.upscale.enlargement import Enlargement
from services.models.cache import ModelCache
from services.segment.schema import SegmentResult

if TYPE_CHECKING:  # torch takes seconds and hundreds of megabytes, which plates need none of
    from services.generate.diffusion.adapters import Files
    from services.generate.diffusion.painter import DiffusionPainter
    from services.generate.engine.opening import Share
    from services.generate.upscale.upscaler import Upscaler


class Generator:
    """Makes backgrounds: a scene's plate or the caller's reference, and what a diffusion model draws over it.

    Args:
        scenes: What requests may name.
        plates: Draws scenes.
        diffusion: Draws over them; None = they are taken as they are.
        upscaler: Enlarges what is smaller than the picture, which plates never are; None = it is resampled.
    """

    def __init__(
        self,
        scenes: SceneCatalog,
        plates: PlatePainter,
        diffusion: "DiffusionPainter | None" = None,
        upscaler: "Upscaler | None" = None,
    ) -> None:
        self.scenes = scenes
        self._plates = plates
        self._diffusion = diffusion
        self._upscaler = upscaler

    @classmethod
    def open(
        cls,
        settings: GenerateSettings,
        cache: ModelCache,
        open_files: "Callable[[], Files]",
        recorder: Recorder | None = None,
        share: "Share | None" = None,
    ) -> Self:
        """A generator of the shipped scenes and the operator's, with the engine that the settings name.

        Args:
            settings: The stage's.
            cache: Where panoramas and the checkpoint come from.
            open_files: Opens the store where styles lie.
            recorder: Gets which plates were drawn anew, and what computes the checkpoint's networks.
            share: Opens the compiled networks that all machines share.

        Raises:
            ValueError: The operator's scenes can't be read.
            NotFound: The catalogue lacks the checkpoint or the network that enlarges.
            ModelUnavailable: One of them can't be had or used.
            StorageUnavailable: The store can't be opened.
        """
        scenes, plates = SceneCatalog.open(settings.scenes_dir), PlatePainter.open(settings, cache, recorder)
        upscaler = _open_upscaler(settings, cache)
        if settings.engine == "plate":
            return cls(scenes, plates, upscaler=upscaler)
        from services.generate.diffusion.painter import DiffusionPainter  # noqa: PLC0415 - see above

        return cls(scenes, plates, DiffusionPainter.open(settings, cache, open_files(), recorder, share), upscaler)

    def run(
        self,
        request: GenerateRequest,
        deadline: Deadline,
        cutout: SegmentResult | None = None,
        on_step: Callable[[StepDone], None] | None = None,
    ) -> GenerateResult:
        """Make one background. Several may be made at once, each by a thread of its own.

        Args:
            request: What is wanted.
            deadline: When to give up.
            cutout: The product, wanted where the request has a drawing.
            on_step: Told of every step of a drawing, from another thread; has to be quick.

        Raises:
            NotFound: No such scene.
            InvalidInput: The checkpoint can't draw what is asked, such as a prompt of too many tokens.
            DeadlineExceeded, Cancelled: Looked for between steps.
            Overloaded: The diffusion model has no place left.
            ModelUnavailable: The scene's panorama can't be had.
        """
        started = time.perf_counter()
        deadline.check()
        plate = self._plates.paint(self.scenes.get(request.scene_id), request.camera, request.seed, deadline)
        background, engine, clean = plate.background, self._plates.name, True
        enlarge, size_hw = self._enlargement(request, deadline), request.camera.size_hw
        if request.drawing is not None and request.drawing.plate_strength < 1:
            if self._diffusion is None or cutout is None:
                raise Internal("a drawing was asked for where there is no diffusion model, or without its product")
            if request.reference is not None:
                background = fit_reference(request.reference, size_hw)
            background = self._diffusion.paint(background, request, request.drawing, cutout, deadline, on_step, enlarge)
            engine, clean = self._diffusion.name, False
        elif request.reference is not None:
            background = fit_reference(request.reference, size_hw, enlarge)
        worked_s = time.perf_counter() - started
        return GenerateResult(background, plate.light, plate.finish, enlarge.signed(engine), worked_s, clean)

    def _enlargement(self, request: GenerateRequest, deadline: Deadline) -> Enlargement:
        if request.upscale and self._upscaler is None:
            raise Internal("a larger background was asked for where there is no network that enlarges")
        return Enlargement(self._upscaler if request.upscale else None, deadline)

    def examine(self, request: ExamineRequest, deadline: Deadline) -> AdapterFacts:
        """Hold an adapter against the checkpoint.

        Raises:
            InvalidInput: It does not fit, or there is no checkpoint.
            NotFound, StorageUnavailable: Its file can't be had.
        """
        if self._diffusion is None:
            raise InvalidInput(PLATES_ONLY, field="styles")
        deadline.check()
        return self._diffusion.examine(request.style, deadline)

    def warm_up(self) -> None:
        """Load what all scenes need and draw each once, small; then what the networks need."""
        for scene in self.scenes.scenes.values():
            camera = Camera((96, 96), scene.pitch.default, scene.vertical_fov_deg, (80, 48), 200)
            self.run(GenerateRequest(scene.id, camera, seed=0), Deadline())
        # Before the diffusion model, which takes what memory a GPU then has left.
        if self._upscaler is not None:
            self._upscaler.warm_up()
        if self._diffusion is not None:
            self._diffusion.warm_up()

    def status(self) -> dict[str, Any]:
        """What computes the diffusion model, and why; JSON types only, nothing where there is none."""
        return {} if self._diffusion is None else self._diffusion.status()

    def check(self) -> None:
        """See that the diffusion model lives.

        Raises:
            NotReady: It hangs or has ended.
        """
        if self._diffusion is not None:
            self._diffusion.check()

    def close(self) -> None:
        """End what runs beside requests."""
        if self._diffusion is not None:
            self._diffusion.close()


def _open_upscaler(settings: GenerateSettings, cache: ModelCache) -> "Upscaler | None":
    if not settings.upscale.network:
        return None
    from services.generate.upscale.upscaler import Upscaler  # noqa: PLC0415 - it brings torch

    return Upscaler.open(settings, cache)

"""What of a shot a diffusion model is to draw, with every open choice made."""

from typing import Final

from services.api.studio import CreateShotRequest
from services.common.errors import InvalidInput
from services.common.placement import Placement
from services.common.settings import GenerateSettings
from services.generate.scene import Scene
from services.generate.schema import Drawing, DrawnStyle, Scheduler

#: What only a diffusion model can honour. `deterministic` is not among them: plates are that always.
_DRAWN: Final[tuple[str, ...]] = ("prompt", "negative_prompt", "steps", "guidance", "scheduler", "words", "styles")


class DrawingPolicy:
    """Knows the service's engine.

    Args:
        settings: Of generation.
    """

    def __init__(self, settings: GenerateSettings) -> None:
        self._draws = settings.engine == "diffusion"
        self._defaults = settings.diffusion
        self._upscale = settings.upscale

    def check(self, request: CreateShotRequest, scene: Scene) -> None:
        """Refuse what can't be drawn, before any work.

        Raises:
            InvalidInput: The service draws plates alone or has nothing that upscales, or a prompt names a slot that
                there is none of.
        """
        if request.upscale and not self._upscale.network:
            raise InvalidInput(
                "upscale is for services with a network that enlarges backgrounds (generate.upscale.network); this one "
                "resamples them: leave it out",
                field="upscale",
            )
        if self._draws:
            _prompt(request, scene)
            return
        asked = [name for name in _DRAWN if getattr(request, name) != CreateShotRequest.model_fields[name].default]
        if request.plate_strength not in (None, 1):
            asked.append("plate_strength")
        if asked:
            raise InvalidInput(
                f"{asked[0]} is for services that draw with a diffusion model; this one takes its scenes' plates as "
                "they are: leave it out",
                field=asked[0],
            )

    def upscales(self, request: CreateShotRequest) -> bool:
        """Whether a network enlarges the request's background where it is smaller than the picture."""
        return self._upscale.by_default if request.upscale is None else request.upscale

    def of(
        self,
        request: CreateShotRequest,
        scene: Scene,
        placement: Placement,
        preview_every: int = 0,
        styles: tuple[DrawnStyle, ...] = (),
    ) -> Drawing | None:
        """The request's drawing, the service's defaults where it leaves something open; None = plates are taken as
        they are.

        Args:
            request: What is asked for.
            scene: Its scene.
            placement: Where the product stands.
            preview_every: Steps between previews; 0 = none.
            styles: Those that the request names, as they were found.
        """
        defaults = self._defaults
        strength = defaults.plate_strength if request.plate_strength is None else request.plate_strength
        if not self._draws or strength == 1:
            return None
        positive, negative = _prompt(request, scene)
        return Drawing(
            placement=placement,
            prompt=positive,
            negative_prompt=negative,
            steps=request.steps or defaults.steps,
            guidance=defaults.guidance if request.guidance is None else request.guidance,
            plate_strength=strength,
            scheduler=request.scheduler or Scheduler(defaults.scheduler),
            deterministic=request.deterministic,
            preview_every=preview_every,
            styles=styles,
        )


def _prompt(request: CreateShotRequest, scene: Scene) -> tuple[str, str]:
    words = {slot: text for slot, text in request.words.model_dump().items() if text}
    return scene.words.compose(request.prompt, request.negative_prompt, words)

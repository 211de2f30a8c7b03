"""A canvas to be drawn: from a scene's words, a background and the product to a sample's request, and back."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from services.generate.diffusion.background import fit_reference
from services.generate.diffusion.fit import CanvasFit
from services.generate.diffusion.masks import hold_product
from services.generate.diffusion.request import SampleRequest, SchedulerKind
from services.generate.diffusion.sizes import Buckets
from services.generate.prompt import ScenePrompt


@dataclass(frozen=True)
class DrawOptions:
    """What a caller may say about the drawing; ranges as in `SampleRequest`.

    Args:
        prompt: Free text, which extends or replaces the scene's words; see `ScenePrompt.compose`.
        negative_prompt: What not to draw, likewise.
    """

    prompt: str = ""
    negative_prompt: str = ""
    seed: int = 0
    steps: int = 30
    guidance: float = 7.5
    plate_strength: float = 0.3
    scheduler: SchedulerKind = SchedulerKind.DPMPP_2M


@dataclass(frozen=True, eq=False)
class Painting:
    """What is asked of the pipeline for one canvas.

    Args:
        request: In the size of a bucket.
        fit: Between that and the canvas.
    """

    request: SampleRequest
    fit: CanvasFit

    @classmethod
    def plan(
        cls,
        buckets: Buckets,
        words: ScenePrompt,
        background: NDArray[np.uint8],
        foreground: NDArray[np.uint8],
        alpha: NDArray[np.uint16],
        options: DrawOptions,
    ) -> Self:
        """Lay everything out.

        Args:
            buckets: Of the checkpoint.
            words: The scene's.
            background: The scene's plate, or a caller's reference of any size, (h, w, 3) uint8 sRGB.
            foreground: (H, W, 3) uint8 sRGB, the product's colours as it stands on the canvas.
            alpha: (H, W) uint16, see `services.common.alpha`.
            options: The caller's.

        Raises:
            InvalidInput: An option is out of its range, or a prompt names a slot that there is none of.
        """
        canvas_hw = alpha.shape[0], alpha.shape[1]
        fit = CanvasFit(canvas_hw, buckets.nearest(canvas_hw))
        behind = background if background.shape[:2] == canvas_hw else fit_reference(background, canvas_hw)
        pictures = hold_product(fit.to_bucket(behind), fit.to_bucket(foreground), fit.to_bucket(alpha))
        prompt = words.compose(options.prompt, options.negative_prompt)
        request = SampleRequest(
            pictures, prompt.positive, prompt.negative, options.seed, options.steps, options.guidance,
            options.plate_strength, options.scheduler,
        )  # fmt: skip
        return cls(request, fit)

    def finish(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """What was drawn, (h, w, 3) uint8 sRGB of the bucket, as the canvas has it."""
        return self.fit.to_canvas(image)

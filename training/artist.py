"""A checkpoint that draws around training's products, as the service does around a merchant's."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from services.generate.diffusion.checkpoint import Checkpoint
from services.generate.diffusion.request import Inpainting, SampleRequest
from services.generate.pipeline import InpaintPipeline
from services.generate.prompt import NEGATIVE
from training.shards import Context

Image = NDArray[np.uint8]

#: How far a product goes on beyond what is held of it, soft edge included, in pixels.
_EDGE_PX: Final = 3


@dataclass(frozen=True)
class Drawing:
    """How pictures are drawn."""

    steps: int = 20
    guidance: float = 3.0


class Artist:
    """A checkpoint that draws.

    Args:
        pipeline: The service's, of the checkpoint.
        drawing: How.
    """

    def __init__(self, pipeline: InpaintPipeline, drawing: Drawing = Drawing()) -> None:
        self._pipeline = pipeline
        self._drawing = drawing

    @classmethod
    def open(cls, folder: Path, drawing: Drawing = Drawing()) -> Self:
        """That of a folder.

        Raises:
            ModelUnavailable: It is no checkpoint that the service takes.
        """
        return cls(InpaintPipeline.open(Checkpoint.read(folder)), drawing)

    def draw(self, context: Context, prompt: str, seeds: tuple[int, ...]) -> list[Image]:
        """Pictures with the product that is held put back, (H, W, 3) uint8 sRGB each, one for every seed."""
        covered = cv2.dilate(context.held.astype(np.uint8), np.ones((2 * _EDGE_PX + 1,) * 2, np.uint8)) > 0
        pictures = Inpainting(context.image, ~context.held, context.image, context.known, np.asarray(covered))
        samples = [
            self._pipeline.prepare(
                SampleRequest(pictures, prompt, NEGATIVE, seed, self._drawing.steps, self._drawing.guidance)
            )
            for seed in seeds
        ]
        while not samples[0].done:
            self._pipeline.step(samples)
        return [put_back(image, context.image, context.held) for image in self._pipeline.decode(samples)]


def put_back(drawn: NDArray[np.uint8], original: NDArray[np.uint8], held: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The product over what was drawn, its edge a soft one of 2 px.

    Args:
        drawn: (H, W, 3) uint8 sRGB.
        original: The same, with the product and its colours for 3 px around what is held.
        held: (H, W) bool.

    Returns:
        (H, W, 3) uint8 sRGB.
    """
    covered = cv2.dilate(held.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(np.float32)
    share = cv2.GaussianBlur(covered, (3, 3), 0)[..., None]
    return np.round(original * share + drawn * (1 - share)).astype(np.uint8)

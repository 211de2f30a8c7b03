"""A canvas to be drawn: from a background and the product to a sample's request, and back."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from services.generate.diffusion.fit import CanvasFit
from services.generate.diffusion.masks import hold_product
from services.generate.diffusion.request import SampleRequest
from services.generate.diffusion.sizes import Buckets
from services.generate.diffusion.standing import StandingProduct
from services.generate.engine.lora import AdapterSet
from services.generate.schema import Drawing
from services.generate.upscale.enlargement import Enlarge, as_it_is


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
        background: NDArray[np.uint8],
        product: StandingProduct,
        drawing: Drawing,
        seed: int,
        styles: AdapterSet = (),
    ) -> Self:
        """Lay everything out.

        Args:
            buckets: Of the checkpoint.
            background: (H, W, 3) uint8 sRGB, of the canvas' size.
            product: As it stands on the canvas.
            drawing: How to draw.
            seed: uint32.
            styles: The drawing's.

        Raises:
            InvalidInput: A value is out of its range.
        """
        fit = CanvasFit(product.size_hw, buckets.nearest(product.size_hw))
        alpha = fit.to_bucket(product.alpha)
        pictures = hold_product(fit.to_bucket(background), fit.to_bucket(product.foreground), alpha)
        if fit.enlarges:
            pictures = replace(pictures, covered=alpha > 0)
        request = SampleRequest(
            pictures, drawing.prompt, drawing.negative_prompt, seed, drawing.steps, drawing.guidance,
            drawing.plate_strength, drawing.scheduler, styles,
        )  # fmt: skip
        return cls(request, fit)

    def finish(self, image: NDArray[np.uint8], enlarge: Enlarge = as_it_is) -> NDArray[np.uint8]:
        """What was drawn, (h, w, 3) uint8 sRGB of the bucket, as the canvas has it."""
        return self.fit.to_canvas(image, enlarge)

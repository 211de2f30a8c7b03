"""The product as the workflow knows it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.codecs.photo import Photo
from services.common.geometry import Box
from services.postprocess.schema import Recolour
from services.provenance.origin import Origin, Part
from services.segment.schema import Instance, SegmentResult
from services.workflow.stages import Pending


@dataclass(frozen=True)
class Product:
    """The decoded photo and what segmentation found in it.

    Args:
        photo: As it was decoded.
        file: The photo's, as finished pictures tell of it.
        alpha: (H, W) uint16, its cutout.
        whole: (h, w) uint16 over the whole photo, at any size: what was seen before a selection narrowed it.
        cutout: Segmentation's result, to be handed on as it is.
        box: Where the product is.
        confidence: 0 to 1.
        model: Name and version of the segmentation model, or that the photo's own alpha was taken.
        instances: The products it consists of.
        recolour: The colour it is to have; None = its own.
        mannequin_confidence: 0 to 1, that a mannequin or a body was taken off it; None where nobody asked.
    """

    photo: Photo
    file: Part
    alpha: NDArray[np.uint16]
    whole: NDArray[np.uint16]
    cutout: Pending[SegmentResult]
    box: Box
    confidence: float
    model: str
    instances: tuple[Instance, ...]
    recolour: Recolour | None = None
    mannequin_confidence: float | None = None

    @property
    def image(self) -> NDArray[np.uint8]:
        """The photo's colours, (H, W, 3) uint8 sRGB."""
        return self.photo.image

    def told(self, origin: Origin) -> Origin:
        """What a finished picture tells, with what became of the product's colour."""
        return origin.recoloured() if self.recolour else origin

    def padded_box(self, share: float) -> Box:
        """The box with free space around it, a share of its longer side, clipped to the photo."""
        margin = round(share * max(self.box.height, self.box.width))
        height, width = self.image.shape[:2]
        return self.box.grown(margin, (height, width))

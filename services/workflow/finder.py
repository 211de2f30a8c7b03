"""Finds the product of a photo: decodes it, has it cut out, and refuses what shows none."""

import numpy as np
from numpy.typing import NDArray

from services.api import common as api
from services.api.common import StageName
from services.api.photo import PhotoRequest, recolour_in
from services.codecs.photo import Photo, decode_image, decode_named
from services.common.errors import ProductNotFound
from services.common.image import ImageLimits
from services.postprocess.schema import Recolour
from services.provenance.origin import Part
from services.segment.schema import SegmentRequest, Selection
from services.workflow.look import Look
from services.workflow.product import Product
from services.workflow.recolour import recolour_of
from services.workflow.selection import select
from services.workflow.stages import Stages
from services.workflow.walk import Walk


class ProductFinder:
    """Finds products.

    Args:
        stages: Segmentation is one of them.
        limits: Of images.
        min_confidence: Below this a photo holds no product, 0 to 1.
    """

    def __init__(self, stages: Stages, limits: ImageLimits, min_confidence: float) -> None:
        self._stages = stages
        self._limits = limits
        self._min_confidence = min_confidence

    async def find(self, walk: Walk, tenant: str, request: PhotoRequest, look: Look) -> Product:
        """The product of a request's photo.

        Args:
            walk: That of the request.
            tenant: Whose request it is.
            request: With its photo's bytes.
            look: Called with the photo, in a thread; raises what refuses it.

        Raises:
            VitrineError: Any of decoding's and segmentation's; `ProductNotFound` when that is not sure enough.
        """
        decoded, file, selection, recolour = await walk.local(StageName.DECODE, self._decoded, request, look)
        cutout = self._stages.segment.run(
            SegmentRequest(decoded.image, walk.request_id, walk.deadline.at_s, decoded.alpha, selection, tenant)
        )
        found = await walk.remote(StageName.SEGMENT, cutout, lambda result: result.duration_s)
        if found.box is None or found.confidence < self._min_confidence:
            raise _not_found(found.confidence, self._min_confidence, selection)
        return Product(
            photo=decoded,
            file=file,
            alpha=found.alpha,
            whole=found.alpha if found.whole is None else found.whole,
            cutout=cutout,
            box=found.box,
            confidence=found.confidence,
            model=found.model,
            instances=found.instances,
            recolour=recolour,
            mannequin_confidence=found.mannequin_confidence,
        )

    def reference(
        self, wanted: api.ImageSource | None, look: Look
    ) -> tuple[NDArray[np.uint8], Part] | tuple[None, None]:
        """A caller's background, (H, W, 3) uint8 sRGB, and what is told of it; nothing where none is wanted."""
        if wanted is None:
            return None, None
        reference = decode_named(wanted.content, self._limits, "the reference", "reference").on_white()
        look(reference)
        return reference, Part.sent("The picture behind the product", wanted.content)

    def _decoded(self, request: PhotoRequest, look: Look) -> tuple[Photo, Part, Selection | None, Recolour | None]:
        limits, content = self._limits, request.image.content
        decoded = decode_image(content, limits)
        look(decoded.image)
        size_hw = decoded.image.shape[0], decoded.image.shape[1]
        selection = select(request.selection, size_hw, limits)
        recolour = recolour_of(recolour_in(request), size_hw, limits)
        return decoded, Part.sent("The photo of the product", content), selection, recolour


def _not_found(confidence: float, least: float, selection: Selection | None) -> ProductNotFound:
    told = f"confidence is {confidence:.2f}, wanted is at least {least:.2f}"
    if selection is None:
        message = f"no product was found in the photo: {told}; send a photo with one product clearly in front"
        return ProductNotFound(message, confidence=round(confidence, 4), limit=least)
    if selection.ghost_mannequin:
        return ProductNotFound(
            f"no garment is left without its mannequin: {told}; put an include-point on the cloth, or leave "
            "ghost_mannequin out",
            confidence=round(confidence, 4), limit=least, field="selection.ghost_mannequin",
        )  # fmt: skip
    return ProductNotFound(
        f"nothing that the selection leaves is a product: {told}; widen the mask or the boxes, or move the points",
        confidence=round(confidence, 4), limit=least, field="selection",
    )  # fmt: skip

"""Several products in one picture, each looked at by itself."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects

from services.common.geometry import Box, SizeHW
from services.common.placement import Placement
from services.postprocess.preservation.evidence import Evidence
from services.postprocess.product import Product
from services.segment.schema import SegmentResult


@dataclass(frozen=True)
class Instances:
    """Which product lies where on the canvas.

    Args:
        labels: (H, W) uint8 of the canvas' size, or of a part of it: at each pixel the number, from 1, of the product
            that lies there or nearest.
        confidences: Of each, 0 to 1.
    """

    labels: NDArray[np.uint8]
    confidences: tuple[float, ...]

    @classmethod
    def of(cls, cutout: SegmentResult, placement: Placement) -> "Instances | None":
        """Those of a photo, where they stand on the canvas; None for a single product."""
        if cutout.labels is None or len(cutout.instances) < 2:
            return None
        photo_hw = (cutout.alpha.shape[0], cutout.alpha.shape[1])
        confidences = tuple(each.confidence for each in cutout.instances)
        return cls(_on_canvas(cutout.labels, photo_hw, placement), confidences)

    @property
    def numbers(self) -> range:
        """Of all products."""
        return range(1, len(self.confidences) + 1)

    def part(self, index: tuple[slice, slice]) -> "Instances":
        """The same for a part of the canvas."""
        return replace(self, labels=np.ascontiguousarray(self.labels[index]))

    def alpha(self, product: Product, number: int) -> NDArray[np.uint16]:
        """Alpha of one product, 0 where the others are; (h, w) uint16 of all products' box."""
        return np.where(self.labels[product.box.slices()] == number, product.alpha, np.uint16(0))

    def apart(self, evidence: Evidence) -> Iterator[tuple[Evidence, Box]]:
        """Evidence of each product and the part of the canvas that it is of, as if the others were background."""
        digests, product = evidence.digests, evidence.product
        held = np.where(product.alpha > 0, self.labels[product.box.slices()], np.uint8(0))
        found = find_objects(held, max_label=len(self.confidences))
        for number, (confidence, place) in enumerate(zip(self.confidences, found, strict=True), start=1):
            # One pixel where nothing of it is left on the canvas.
            single = _tight(product, held, number, place or (slice(0, 1), slice(0, 1)))
            box = replace(evidence, product=single).around()
            part = replace(evidence, product=single).part(box)
            own = self.labels[box.slices()] == number
            yield (
                replace(
                    part,
                    backdrop=None if part.backdrop is None else np.where(own[..., None], part.backdrop, part.picture),
                    resegmented=None if part.resegmented is None else part.resegmented * own,
                    confidence=confidence,
                    # What is proven of all is proven of each.
                    digests=digests if digests and digests[0] == digests[1] else None,
                    recoloured=None,  # the colour of all is changed, and told of all
                ),
                box,
            )


def _tight(product: Product, held: NDArray[np.uint8], number: int, place: tuple[slice, slice]) -> Product:
    """One of the products held in a box, in its own part of the box."""
    rows, columns = place
    own = held[place] == number
    return replace(
        product,
        box=Box(
            product.box.top + rows.start, product.box.left + columns.start,
            rows.stop - rows.start, columns.stop - columns.start,
        ),
        alpha=np.where(own, product.alpha[place], np.uint16(0)),
        color=np.ascontiguousarray(product.color[place]),
        core=product.core[place] & own,
    )  # fmt: skip


def _on_canvas(labels: NDArray[np.uint8], photo_hw: SizeHW, placement: Placement) -> NDArray[np.uint8]:
    """Labels over a photo, at whatever size, as they lie on the canvas; beyond the photo its border goes on."""
    crop = placement.crop
    places = []
    for axis, (start, first) in enumerate(((placement.top, crop.top), (placement.left, crop.left))):
        at_photo = (np.arange(placement.canvas_hw[axis]) + 0.5 - start) / placement.scale + first
        at_label = np.floor(at_photo * labels.shape[axis] / photo_hw[axis]).astype(np.intp)
        places.append(np.clip(at_label, 0, labels.shape[axis] - 1))
    return labels[np.ix_(places[0], places[1])]

"""Several products in one picture, each looked at by itself."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from services.common.geometry import SizeHW
from services.postprocess.preservation.evidence import Evidence
from services.postprocess.product import Product
from services.postprocess.schema import Placement
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

    def apart(self, evidence: Evidence) -> Iterator[Evidence]:
        """Evidence of each product, as if the others belonged to its background."""
        digests = evidence.digests
        for number, confidence in enumerate(self.confidences, start=1):
            own = self.labels == number
            yield replace(
                evidence,
                product=_tight(evidence.product, self.alpha(evidence.product, number)),
                backdrop=self._backdrop(evidence, own),
                resegmented=None if evidence.resegmented is None else evidence.resegmented * own,
                confidence=confidence,
                # What is proven of all is proven of each.
                digests=digests if digests and digests[0] == digests[1] else None,
            )

    def _backdrop(self, evidence: Evidence, own: NDArray[np.bool_]) -> NDArray[np.uint8] | None:
        if evidence.backdrop is None:
            return None
        return np.where(own[..., None], evidence.backdrop, evidence.picture)


def _tight(product: Product, alpha: NDArray[np.uint16]) -> Product:
    """The part of a product that an alpha leaves, in its own box; one pixel where nothing is left on the canvas."""
    rows, columns = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
    top, left = (int(at[0]) if len(at) else 0 for at in (rows, columns))
    height, width = (int(at[-1] + 1 - at[0]) if len(at) else 1 for at in (rows, columns))
    part = np.s_[top : top + height, left : left + width]
    box = replace(product.box, top=product.box.top + top, left=product.box.left + left, height=height, width=width)
    return replace(
        product, box=box, alpha=alpha[part], color=product.color[part], core=product.core[part] & (alpha[part] > 0)
    )


def _on_canvas(labels: NDArray[np.uint8], photo_hw: SizeHW, placement: Placement) -> NDArray[np.uint8]:
    """Labels over a photo, at whatever size, as they lie on the canvas; beyond the photo its border goes on."""
    crop = placement.crop
    places = []
    for axis, (start, first) in enumerate(((placement.top, crop.top), (placement.left, crop.left))):
        at_photo = (np.arange(placement.canvas_hw[axis]) + 0.5 - start) / placement.scale + first
        at_label = np.floor(at_photo * labels.shape[axis] / photo_hw[axis]).astype(np.intp)
        places.append(np.clip(at_label, 0, labels.shape[axis] - 1))
    return labels[np.ix_(places[0], places[1])]

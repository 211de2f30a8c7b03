"""A finished picture looked at: what was measured of it, and where it changed."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.common.geometry import Box, SizeHW
from services.postprocess.instances import Instances
from services.postprocess.preservation.battery import Battery
from services.postprocess.preservation.evidence import Evidence
from services.postprocess.preservation.heatmap import heat, heat_layer
from services.postprocess.preservation.report import Report
from services.postprocess.preservation.thresholds import Level, Thresholds
from services.postprocess.schema import Reports
from services.segment.schema import SegmentResult

#: Around the product, as a share of its longer side: segmentation wants to see what a product stands before.
_MARGIN: Final = 0.25


@dataclass(frozen=True)
class Inspection:
    """A picture, or the part of it around its product, with all that its reports are made from.

    Args:
        evidence: Of that part, as if it were all.
        instances: The products in it; None where there is but one.
        canvas_hw: The whole picture's size.
        box: Where on it the part lies.
    """

    evidence: Evidence
    instances: Instances | None
    canvas_hw: SizeHW
    box: Box

    @classmethod
    def of(cls, evidence: Evidence, instances: Instances | None = None) -> "Inspection":
        """The whole picture."""
        height, width = evidence.picture.shape[:2]
        return cls(evidence, instances, (height, width), Box(0, 0, height, width))

    def excerpt(self) -> "Inspection":
        """Of a whole picture the part around the product, small enough to travel."""
        product = self.evidence.product
        box = product.box.grown(round(_MARGIN * max(product.box.height, product.box.width)), self.canvas_hw)
        backdrop, unshaded = (
            None if each is None else np.ascontiguousarray(each[box.slices()])
            for each in (self.evidence.backdrop, self.evidence.unshaded)
        )
        part = replace(
            self.evidence,
            picture=np.ascontiguousarray(self.evidence.picture[box.slices()]),
            product=replace(product, box=product.box.within(box)),
            backdrop=backdrop,
            unshaded=unshaded,
            lettering=tuple(each.within(box) for each in self.evidence.lettering),
        )
        return Inspection(part, self.instances and self.instances.part(box.slices()), self.canvas_hw, box)

    def seen_as(self, cutout: SegmentResult) -> "Inspection":
        """The same with what segmentation finds in its picture.

        Raises:
            Internal: The cutout is of another size.
        """
        return replace(self, evidence=replace(self.evidence, resegmented=cutout.alpha))

    def reports(self, battery: Battery, level: Level, thresholds: Thresholds) -> Reports:
        """What is measured, with places on the whole picture."""
        apart = self.instances.apart(self.evidence) if self.instances else ()
        whole, *each = (
            self._on_canvas(battery.report(evidence, level, thresholds)) for evidence in (self.evidence, *apart)
        )
        return Reports(whole, tuple(each))

    def heat_map(self) -> NDArray[np.uint8]:
        """Where the product changed, (H, W, 4) uint8 of the whole picture's size."""
        whole = np.zeros((*self.canvas_hw, 4), np.uint8)
        whole[self.box.slices()] = heat_layer(heat(self.evidence))
        return whole

    def _on_canvas(self, report: Report) -> Report:
        down, right = self.box.top, self.box.left
        moved = (
            replace(each, worst_yx=each.worst_yx and (each.worst_yx[0] + down, each.worst_yx[1] + right))
            for each in report.measures
        )
        return replace(report, measures=tuple(moved))

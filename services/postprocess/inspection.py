"""A finished picture looked at: what was measured of it, and where it changed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.common.deadline import Deadline
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
        box = self.evidence.around(round(_MARGIN * max(product.box.height, product.box.width)))
        return Inspection(
            self.evidence.part(box), self.instances and self.instances.part(box.slices()), self.canvas_hw, box
        )

    def seen_as(self, cutout: SegmentResult) -> "Inspection":
        """The same with what segmentation finds in its picture.

        Raises:
            Internal: The cutout is of another size.
        """
        return replace(self, evidence=replace(self.evidence, resegmented=cutout.alpha))

    def reports(self, battery: Battery, level: Level, thresholds: Thresholds, deadline: Deadline) -> Reports:
        """What is measured, with places on the whole picture. Print is read once, and each line counts for the product
        that it lies on.

        Raises:
            Cancelled, DeadlineExceeded: The reports are no longer wanted.
        """
        whole = battery.report(self.evidence, level, thresholds, deadline)
        each = tuple(self._apart(whole, battery, thresholds, deadline))
        return Reports(_moved(whole, self.box.top, self.box.left), each)

    def _apart(self, whole: Report, battery: Battery, thresholds: Thresholds, deadline: Deadline) -> Iterator[Report]:
        if self.instances is None:
            return
        labels, thresholds = self.instances.labels, replace(thresholds, of_one=True)
        for number, (evidence, box) in enumerate(self.instances.apart(self.evidence), start=1):
            lies = _on(labels, number)
            text = whole.text and whole.text.where(lies).placed(1.0, -box.top, -box.left)
            found = battery.report(evidence, whole.level, thresholds, deadline, text)
            yield _moved(found, self.box.top + box.top, self.box.left + box.left)

    def heat_map(self) -> NDArray[np.uint8]:
        """Where the product changed, (H, W, 4) uint8 of the whole picture's size."""
        whole = np.zeros((*self.canvas_hw, 4), np.uint8)
        whole[self.box.slices()] = heat_layer(heat(self.evidence))
        return whole


def _on(labels: NDArray[np.uint8], number: int) -> Callable[[tuple[int, int]], bool]:
    """Whether a pixel, row and column, lies on a product."""
    height, width = labels.shape
    return lambda at: bool(labels[min(max(at[0], 0), height - 1), min(max(at[1], 0), width - 1)] == number)


def _moved(report: Report, down: int, right: int) -> Report:
    """The same with its places further down and to the right."""
    measures = (
        replace(each, worst_yx=each.worst_yx and (each.worst_yx[0] + down, each.worst_yx[1] + right))
        for each in report.measures
    )
    return replace(report, measures=tuple(measures))

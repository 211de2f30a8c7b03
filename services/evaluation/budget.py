"""What matting and compositing of a large photo take."""

from time import perf_counter
from typing import Final

from services.evaluation.case import Cases
from services.evaluation.finishing import finished
from services.evaluation.generators import drawn_by, faithful
from services.evaluation.memory import watched
from services.evaluation.reading import Reading
from services.evaluation.truth.scene import Scene
from services.postprocess.schema import Preservation, Shadow

SIDE: Final = 2048


class Budget:
    """Cuts a large photo out and composites it, network excepted, and watches clock and memory.

    Args:
        cases: Where cutting is learnt.
        side_px: Of the photo.
    """

    name = "budget"
    most = 5

    def __init__(self, cases: Cases, side_px: int = SIDE) -> None:
        self._cases = cases
        self._side_px = side_px

    def ask(self, number: int) -> Reading:
        """Seconds, and gigabytes of the whole process."""
        case = self._cases.of(Scene.drawn(number, side_px=self._side_px))
        drawing = drawn_by(faithful, case.scene, number)
        scene = drawing.result()
        with watched() as peak:
            began = perf_counter()
            finished(case, scene, Preservation.HARMONIZED, Shadow.SOFT)
            seconds = perf_counter() - began
        return Reading(case.scene.name, {"budget_s": seconds, "budget_gb": peak.size_bytes / 1e9})

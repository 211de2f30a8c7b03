"""What was measured of pictures, as metrics."""

from typing import Final

from services.api.studio import PreservationReport
from services.common.metrics import PRESERVATION_MEASURES, PRESERVATION_REPORTS, REFUSALS, Recorder
from services.postprocess.preservation.thresholds import criterion_of
from services.workflow.refusal import failed

#: Whoever finds more has found enough, and a sum over all pictures stays finite.
_MOST_TOLD: Final = 10.0


class QualityMetrics:
    """Writes what reports say.

    Args:
        recorder: Gets the metrics.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def measured(self, report: PreservationReport) -> None:
        """A picture was measured; of several products, those of all together are told."""
        self._recorder.count(PRESERVATION_REPORTS, outcome="passed" if report.passed else "failed")
        for each in report.measures:
            if each.value is not None and each.threshold is not None:
                used = criterion_of(each.name).used(each.value, each.threshold)
                self._recorder.observe(PRESERVATION_MEASURES, min(used, _MOST_TOLD), measure=each.name)

    def refused(self, report: PreservationReport) -> None:
        """A shot was refused for its last picture."""
        for name in dict.fromkeys(each.name for each in failed(report)):
            self._recorder.count(REFUSALS, measure=name)

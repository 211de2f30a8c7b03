"""What computes the networks, as metrics."""

from collections.abc import Iterable

from services.common.metrics import ENGINE_STATE, RUNNER, Recorder
from services.generate.engine.lifecycle import EngineState
from services.generate.engine.selector import RunnerKind
from services.generate.engine.spec import Part


class EngineMetrics:
    """Writes each part's state, and which runner its requests get; to be told as `Told` says.

    Args:
        recorder: Writes.
        chosen: What computes a part once it is active; torch does before.
    """

    def __init__(self, recorder: Recorder, chosen: RunnerKind) -> None:
        self._recorder = recorder
        self._chosen = chosen

    def begin(self, parts: Iterable[Part]) -> None:
        """Tell what computes before anything is made ready: torch, in the way that was chosen if that is its own."""
        own = self._chosen in {RunnerKind.TORCH, RunnerKind.TORCH_COMPILE, RunnerKind.TORCH_GRAPHS}
        for part in parts:
            self._recorder.set(RUNNER, 1.0, part=part.value, runner=str(self._chosen if own else RunnerKind.TORCH))

    def __call__(self, part: Part, state: EngineState, reason: str) -> None:
        """Take note of a state."""
        del reason  # it is no bounded label; health and the log have it
        for each in EngineState:
            self._recorder.set(ENGINE_STATE, float(each == state), part=part.value, state=each.value)
        active = state == EngineState.ACTIVE
        for kind in dict.fromkeys((RunnerKind.TORCH, self._chosen)):
            serving = kind == (self._chosen if active else RunnerKind.TORCH)
            self._recorder.set(RUNNER, float(serving), part=part.value, runner=kind.value)

"""Progress of one request: who works now, and how long each stage worked."""

import time
from collections.abc import Callable

from services.api.common import StageName, StageTiming
from services.api.studio import DenoisingStep, StageEvent, StageState

Listener = Callable[[StageEvent | DenoisingStep], None]


def nobody_listens(event: StageEvent | DenoisingStep) -> None:
    """The listener of requests that are not streamed."""


class Progress:
    """Tells a listener when stages begin and end, and keeps their working times.

    Args:
        listener: Called on the event loop with every event, in order.
        clock: Seconds from any fixed point.
    """

    def __init__(self, listener: Listener = nobody_listens, clock: Callable[[], float] = time.monotonic) -> None:
        self._listener = listener
        self._clock = clock
        self._arrived = clock()
        self.timings: list[StageTiming] = []

    def started(self, stage: StageName) -> None:
        """A stage was asked to work."""
        self._tell(stage, StageState.STARTED)

    def finished(self, stage: StageName, worked_s: float) -> None:
        """A stage has worked, for that many seconds."""
        self.timings.append(StageTiming(stage=stage, duration=worked_s))
        self._tell(stage, StageState.FINISHED)

    def _tell(self, stage: StageName, state: StageState) -> None:
        self._listener(StageEvent(stage=stage, state=state, elapsed=self._clock() - self._arrived))

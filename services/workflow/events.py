"""Progress of one request: who works now, and how long each stage worked."""

import time
from collections.abc import Callable
from typing import Final

from services.api.common import StageName, StageTiming
from services.api.studio import DenoisingStep, StageEvent, StageState
from services.codecs.encode import encode_image
from services.common.image import ImageFormat
from services.generate.schema import StepDone

#: Of JPEG, for pictures that are looked at for a second.
PREVIEW_QUALITY: Final = 80

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

    @property
    def watched(self) -> bool:
        """Whether anybody listens."""
        return self._listener is not nobody_listens

    def started(self, stage: StageName) -> None:
        """A stage was asked to work."""
        self._tell(stage, StageState.STARTED)

    def finished(self, stage: StageName, worked_s: float) -> None:
        """A stage has worked, for that many seconds."""
        self.timings.append(StageTiming(stage=stage, duration=worked_s))
        self._tell(stage, StageState.FINISHED)

    def stepped(self, done: StepDone, attempt: int) -> None:
        """A step of the denoising was made, for the background of that number."""
        preview = b"" if done.preview is None else encode_image(done.preview, ImageFormat.JPEG, PREVIEW_QUALITY)
        elapsed = self._clock() - self._arrived
        self._listener(
            DenoisingStep(step=done.step, steps=done.steps, preview=preview, elapsed=elapsed, attempt=attempt)
        )

    def _tell(self, stage: StageName, state: StageState) -> None:
        self._listener(StageEvent(stage=stage, state=state, elapsed=self._clock() - self._arrived))

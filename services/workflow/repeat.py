"""Stage calls that outlive the replica they were made to."""

import asyncio
from collections.abc import Callable, Generator, Sequence
from typing import Any, Final, Generic, TypeVar

from services.api.common import StageName
from services.common.deadline import Deadline
from services.common.errors import NotReady
from services.common.logs import logger
from services.common.metrics import STAGE_RETRIES, Recorder
from services.workflow.stages import Pending

P = TypeVar("P", bound=Pending[Any])

#: Waited before each repetition. Serve starts a replacement in three to five seconds and holds calls back until it is
#: there, so few are needed; and a photo that kills whoever works on it kills no more replicas than these allow.
PAUSES_S: Final = (0.25, 1.0, 3.0)


class StageLost(NotReady):
    """Who worked on a call, or held its result, is gone. Nothing is wrong with the call itself."""


class RepeatedCall(Generic[P]):
    """`Pending` over a stage's call that is made again when its replica died.

    That is safe because stages are pure but for the blob that Postprocess writes, and its key is the request's own: a
    second run writes the same picture to the same place. What the stage itself raises, a cancel and the end of the
    request's time are never repeated.

    Args:
        stage: Whom it is made to; a label of the metric.
        begin: Makes the call. Called at once, and again for every repetition.
        deadline_s: Unix time when the result is no longer wanted; None = never.
        recorder: Counts repetitions.
        inputs: Results that the call takes by reference. One that was lost with its replica is made again first.
        pauses_s: Before each repetition; as many as are allowed, over all times that this is awaited.
    """

    def __init__(
        self,
        stage: StageName,
        begin: Callable[[], P],
        deadline_s: float | None,
        recorder: Recorder,
        inputs: Sequence[Pending[Any]] = (),
        pauses_s: Sequence[float] = PAUSES_S,
    ) -> None:
        self._stage = stage
        self._begin = begin
        self._deadline = Deadline(deadline_s)
        self._recorder = recorder
        self._inputs = inputs
        self._pauses_s = list(pauses_s)
        self.current = begin()

    def __await__(self) -> Generator[Any, None, Any]:
        return self._result().__await__()

    def cancel(self) -> None:
        """Ask the stage to stop, and make no further calls."""
        self._pauses_s.clear()
        self.current.cancel()

    async def _result(self) -> Any:
        while True:
            try:
                return await self.current
            except StageLost as error:
                await self._pause(error)
                for each in self._inputs:
                    await each
                self._recorder.count(STAGE_RETRIES, stage=self._stage.lower())
                self.current = self._begin()

    async def _pause(self, error: StageLost) -> None:
        """Wait before the next repetition, or raise the error where none is allowed or none would be in time."""
        remaining_s = self._deadline.remaining_s()
        if not self._pauses_s or (remaining_s is not None and remaining_s <= self._pauses_s[0]):
            raise error
        pause_s = self._pauses_s.pop(0)
        logger().warning("stage was lost, its call is made again", stage=self._stage.lower(), pause_s=pause_s)
        await asyncio.sleep(pause_s)

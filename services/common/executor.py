"""Where a stage's work runs: threads of its own, so that the event loop stays free to answer and to cancel."""

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

from services.common.deadline import Deadline
from services.common.errors import NotReady
from services.common.logs import logger, request_context
from services.common.metrics import STAGE_SECONDS, STAGE_WAIT_SECONDS, Recorder

T = TypeVar("T")


class StageRequest(Protocol):
    """What every stage's request tells about itself."""

    @property
    def request_id(self) -> str:
        """For the logs."""

    @property
    def deadline_s(self) -> float | None:
        """Unix time when the result is no longer wanted; None = never."""

    @property
    def log_fields(self) -> Mapping[str, Any]:
        """What the logs say besides the request id, see `logs.carried_fields`."""


class StageExecutor:
    """Runs one stage's requests in threads, one after the other unless told otherwise.

    Args:
        stage: The stage's name, a label of its metrics.
        recorder: Gets the time waited for a thread and the time worked.
        stuck_after_s: Work that takes longer is taken to hang; above the longest time that a request may ask for.
        workers: Requests worked on at once; each uses the stage's own compute threads, so more rarely helps.
        clock: Seconds from any fixed point.
    """

    def __init__(
        self,
        stage: str,
        recorder: Recorder,
        stuck_after_s: float = 600,
        workers: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stage = stage
        self._recorder = recorder
        self._stuck_after_s = stuck_after_s
        self._clock = clock
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix=stage)
        self._at_work: dict[int, float] = {}

    async def run(self, request: StageRequest, work: Callable[[Deadline], T]) -> T:
        """Do the work in a thread and wait for it.

        Cancelling the wait cancels the deadline's token; work that has begun stops at its next `Deadline.check`.

        Args:
            request: Whose deadline and request id hold.
            work: Called with the deadline.
        """
        deadline = Deadline(request.deadline_s)
        arrived = self._clock()
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._pool, self._work, request, work, deadline, arrived
            )
        except asyncio.CancelledError:
            deadline.cancel()
            raise

    def _work(self, request: StageRequest, work: Callable[[Deadline], T], deadline: Deadline, arrived: float) -> T:
        started = self._clock()
        self._recorder.observe(STAGE_WAIT_SECONDS, started - arrived, stage=self._stage)
        self._at_work[threading.get_ident()] = started
        try:
            return self._measured(request, work, deadline, started)
        finally:
            del self._at_work[threading.get_ident()]

    def _measured(self, request: StageRequest, work: Callable[[Deadline], T], deadline: Deadline, started: float) -> T:
        with request_context(request.request_id, **request.log_fields):
            deadline.check()
            result = work(deadline)
            worked = self._clock() - started
            self._recorder.observe(STAGE_SECONDS, worked, stage=self._stage)
            logger().info("stage finished", stage=self._stage, worked_s=round(worked, 4))
        return result

    def check(self) -> None:
        """See that no work hangs; Serve replaces a replica whose check fails.

        Raises:
            NotReady: Work has taken longer than any request may.
        """
        longest = max((self._clock() - started for started in list(self._at_work.values())), default=0.0)
        if longest > self._stuck_after_s:
            raise NotReady(f"the stage {self._stage} has been at one request for {longest:.0f} s")

    def close(self) -> None:
        """Take no more work; what runs, ends."""
        self._pool.shutdown(wait=False, cancel_futures=True)

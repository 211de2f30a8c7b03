"""One request's way through the stages: its time limit, its progress, and what to stop when it ends early."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Self, TypeVar

from services.api.common import StageName
from services.common.deadline import Deadline
from services.workflow.events import Listener, Progress, nobody_listens
from services.workflow.stages import Pending

T = TypeVar("T")


class Walk:
    """Makes a request's calls to stages, and knows them all.

    Args:
        deadline: When to give up.
        request_id: For the stages' logs.
        listener: Told of every stage's beginning and end.
    """

    def __init__(self, deadline: Deadline, request_id: str, listener: Listener) -> None:
        self.deadline = deadline
        self.request_id = request_id
        self.progress = Progress(listener)
        self._calls: list[Pending[Any]] = []

    @classmethod
    @asynccontextmanager
    async def within(
        cls, deadline: Deadline, request_id: str, listener: Listener = nobody_listens
    ) -> AsyncIterator[Self]:
        """A walk for the body; a body that ends early, by an error or a cancel, stops every call that was made.

        Raises:
            DeadlineExceeded: The time ran out inside.
        """
        walk = cls(deadline, request_id, listener)
        async with deadline.limit():
            try:
                yield walk
            except BaseException:
                walk.stop()
                raise

    def stop(self) -> None:
        """Ask every stage that still works to stop."""
        for call in self._calls:
            call.cancel()

    async def remote(self, stage: StageName, call: Pending[T], worked_s: Callable[[T], float]) -> T:
        """Wait for a stage's call and tell of it.

        Args:
            stage: Who works.
            call: Its result to be.
            worked_s: Reads the time worked from the result, in seconds.
        """
        self.progress.started(stage)
        self._calls.append(call)
        result = await call
        self.progress.finished(stage, worked_s(result))
        return result

    async def local(self, stage: StageName, work: Callable[..., T], *args: Any) -> T:
        """Do a stage's work in a thread of this process and tell of it."""
        self.progress.started(stage)
        began = time.monotonic()
        result = await asyncio.to_thread(work, *args)
        self.progress.finished(stage, time.monotonic() - began)
        return result

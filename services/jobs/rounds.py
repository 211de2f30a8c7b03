"""A step that is taken again and again, whatever it meets."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Final

from services.common.errors import NotReady, StorageUnavailable
from services.common.logs import logger
from services.jobs.retries import pause_s

#: Waited after a step that failed: at first, and at most, in seconds.
_FIRST_S: Final = 0.1
_LONGEST_S: Final = 5.0


class Rounds:
    """Takes a step every so often, or sooner when asked to. No error ends it: a step that failed is taken again after a
    pause, which grows with failures in a row.

    Args:
        name: For logs.
        step: What is done.
        every_s: The pause after a step that did not fail, in seconds.
        stuck_after_s: A step that takes longer is taken to hang.
        clock: Seconds from any fixed point.
    """

    def __init__(
        self,
        name: str,
        step: Callable[[], Awaitable[object]],
        every_s: float,
        stuck_after_s: float = 120.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._step = step
        self._every_s = every_s
        self._stuck_after_s = stuck_after_s
        self._clock = clock
        self._asked = asyncio.Event()
        self._stopping = asyncio.Event()
        self._chance = random.Random()  # noqa: S311 - for pauses
        self._failures = 0
        self._began: float | None = None
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; needs a running event loop."""
        self._running = asyncio.create_task(self._run(), name=self._name)

    def soon(self) -> None:
        """Take the next step at once, but not before the pause after a failure is over."""
        self._asked.set()

    async def stop(self, patience_s: float | None = None) -> None:
        """Take no other step, and let one that is being taken end; None: however long it takes."""
        self._stopping.set()
        self._asked.set()
        if self._running is not None:
            await asyncio.wait([self._running], timeout=patience_s)

    def check(self) -> None:
        """See that it goes on.

        Raises:
            NotReady: A step hangs, or nobody takes any.
        """
        if self._running is not None and self._running.done() and not self._stopping.is_set():
            raise NotReady(f"nobody takes the step {self._name} any more")
        taken_s = 0.0 if self._began is None else self._clock() - self._began
        if taken_s > self._stuck_after_s:
            raise NotReady(f"the step {self._name} has been taken for {taken_s:.0f} s")

    async def _run(self) -> None:
        while not self._stopping.is_set():
            self._asked.clear()
            self._began = self._clock()
            await self._taken()
            self._began = None
            await self._rest()

    async def _taken(self) -> None:
        try:
            await self._step()
        except StorageUnavailable as error:
            if not self._failures:  # one line for each time that it is away
                logger().warning("a step waits for the database", step=self._name, cause=repr(error.__cause__))
            self._failures += 1
        except Exception:  # noqa: BLE001 - whatever it is, the next step may do better
            logger().exception("a step failed", step=self._name)
            self._failures += 1
        else:
            self._failures = 0

    async def _rest(self) -> None:
        if self._failures:
            awaited, rest_s = self._stopping, pause_s(self._failures, _FIRST_S, _LONGEST_S, self._chance)
        else:
            awaited, rest_s = self._asked, self._every_s
        try:
            await asyncio.wait_for(awaited.wait(), rest_s)
        except TimeoutError:
            return

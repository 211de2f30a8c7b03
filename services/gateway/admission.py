"""Admission: how many requests are worked on, how many may wait, and when to come back."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from services.common.errors import Overloaded

#: Weight of the newest request in the mean time that a request takes.
_NEWEST = 0.2


class Admission:
    """Lets a bounded number of requests in and turns the rest away at once, so that waiting stays short.

    Whoever has a seat is never turned away any more. Seats are taken at the door, before a body is read.

    Args:
        max_running: Worked on at the same time.
        max_waiting: Waiting for that, first come first served.
        clock: Seconds from any fixed point.
    """

    def __init__(self, max_running: int, max_waiting: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._max_running = max_running
        self._max_waiting = max_waiting
        self._clock = clock
        self._places = asyncio.Semaphore(max_running)
        self._seated = 0
        self._mean_s = 1.0

    @contextmanager
    def seat(self) -> Iterator[None]:
        """Be one of those who are worked on or wait, while the body runs.

        Raises:
            Overloaded: There are as many as may be; tells when to come back.
        """
        if self._seated >= self._max_running + self._max_waiting:
            raise Overloaded(
                f"{self._max_running} requests are being worked on and {self._max_waiting} wait; try again later",
                retry_after_s=self._retry_after_s(),
            )
        self._seated += 1
        try:
            yield
        finally:
            self._seated -= 1

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold one of the places to be worked on while the body runs, waiting for one if need be."""
        async with self._places:
            began = self._clock()
            yield
            self._mean_s += _NEWEST * (self._clock() - began - self._mean_s)

    def _retry_after_s(self) -> int:
        """When about half of those who wait will be through, in whole seconds."""
        return max(1, math.ceil(self._mean_s * (1 + self._max_waiting / 2) / self._max_running))

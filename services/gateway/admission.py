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

    Whoever has a seat is never turned away any more. Seats are taken at the door, before a body is read. A line that
    comes and goes, as while a replica is replaced, may be long. One that fills up would stay so for as long as more
    come than can be served, and make everybody wait for all of it without serving one more: so from the first who is
    turned away until nobody waits, no more may wait than are worked on.

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
        self._crowded = False
        self._mean_s = 1.0

    @contextmanager
    def seat(self) -> Iterator[None]:
        """Be one of those who are worked on or wait, while the body runs.

        Raises:
            Overloaded: There are as many as may be; tells when to come back.
        """
        waiting = self._seated - self._max_running
        self._crowded &= waiting > 0
        if waiting >= self._may_wait:
            self._crowded = True
            raise Overloaded(
                f"{self._max_running} requests are being worked on and {waiting} wait; try again later",
                retry_after_s=self._retry_after_s(waiting),
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

    @property
    def _may_wait(self) -> int:
        return min(self._max_running, self._max_waiting) if self._crowded else self._max_waiting

    def _retry_after_s(self, waiting: int) -> int:
        """When about half of those who wait will be through, in whole seconds."""
        return max(1, math.ceil(self._mean_s * (1 + waiting / 2) / self._max_running))

"""Admission: how many requests are worked on, how many may wait, and when to come back."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from services.common.errors import Overloaded

#: Weight of the newest request in the mean time that a request takes.
_NEWEST = 0.2


class Admission:
    """Lets a bounded number of requests in and turns the rest away at once, so that waiting stays short.

    A line that comes and goes, as while a replica is replaced, may be long. One that fills up would stay so for as long
    as more come than can be served, and make everybody wait for all of it without serving one more: so from the first
    who is turned away until nobody waits, half as many may wait as are worked on.

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
        self._admitted = 0
        self._crowded = False
        self._mean_s = 1.0

    def require_room(self) -> None:
        """See that one more may come in.

        Raises:
            Overloaded: As many wait as may; tells when to come back.
        """
        waiting = self._admitted - self._max_running
        self._crowded &= waiting > 0
        if waiting >= self._may_wait:
            self._crowded = True
            raise Overloaded(
                f"{self._max_running} requests are being worked on and {waiting} wait; try again later",
                retry_after_s=self._retry_after_s(waiting),
            )

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold a place while the body runs, waiting for one if need be.

        Raises:
            Overloaded: See `require_room`; others came in since it was asked.
        """
        self.require_room()
        self._admitted += 1
        try:
            async with self._places:
                began = self._clock()
                yield
                self._mean_s += _NEWEST * (self._clock() - began - self._mean_s)
        finally:
            self._admitted -= 1

    @property
    def _may_wait(self) -> int:
        short = max(1, self._max_running // 2)
        return min(short, self._max_waiting) if self._crowded else self._max_waiting

    def _retry_after_s(self, waiting: int) -> int:
        """When about half of those who wait will be through, in whole seconds."""
        return max(1, math.ceil(self._mean_s * (1 + waiting / 2) / self._max_running))

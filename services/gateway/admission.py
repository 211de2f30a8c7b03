"""Admission: how many requests are worked on, how many may wait, and when to come back."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from services.common.errors import Overloaded

#: Weight of the newest request in the mean time that a request takes.
_NEWEST = 0.2
#: Work is held up where nobody has been through for as many times as long as a request takes. When all places fill up
#: at once, the first of them takes up to `max_running` times as long as one alone: that is no hold-up.
_HELD_UP = 4


class Admission:
    """Lets a bounded number of requests in and turns the rest away at once, so that waiting stays short.

    A line that comes and goes, as while a replica is replaced, may be long: from when nobody has been through for a
    while until nobody waits. One that grows while work goes on would stay so for as long as more come than can be
    served, and make everybody wait for all of it without serving one more. It is short, and from the first who is
    turned away until nobody waits, half as many may wait as are worked on.

    Args:
        max_running: Worked on at the same time.
        max_waiting: Waiting for that while work goes on, first come first served.
        max_held_up: Waiting for that while it does not; `max_waiting` if that is more.
        clock: Seconds from any fixed point.
    """

    def __init__(
        self, max_running: int, max_waiting: int, max_held_up: int = 0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._max_running = max_running
        self._max_waiting = max_waiting
        self._max_held_up = max(max_waiting, max_held_up)
        self._clock = clock
        self._places = asyncio.Semaphore(max_running)
        self._admitted = 0
        self._crowded = self._held_up = False
        self._mean_s = 1.0
        # When somebody was last through, or the first came to an idle place.
        self._moved_at = clock()

    def require_room(self) -> None:
        """See that one more may come in.

        Raises:
            Overloaded: As many wait as may; tells when to come back.
        """
        waiting = self._admitted - self._max_running
        if waiting <= 0:
            self._crowded = self._held_up = False
        elif self._clock() - self._moved_at > _HELD_UP * self._mean_s:
            self._held_up = True
        if waiting >= self._may_wait:
            self._crowded, self._held_up = True, False
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
        if not self._admitted:
            self._moved_at = self._clock()
        self._admitted += 1
        try:
            async with self._places:
                began = self._clock()
                yield
                self._moved_at = self._clock()
                self._mean_s += _NEWEST * (self._moved_at - began - self._mean_s)
        finally:
            self._admitted -= 1

    @property
    def _may_wait(self) -> int:
        if self._crowded:
            return min(max(1, self._max_running // 2), self._max_waiting)
        return self._max_held_up if self._held_up else self._max_waiting

    def _retry_after_s(self, waiting: int) -> int:
        """When about half of those who wait will be through, in whole seconds."""
        return max(1, math.ceil(self._mean_s * (1 + waiting / 2) / self._max_running))

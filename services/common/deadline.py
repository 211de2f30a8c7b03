"""A request's deadline and cancel token, looked at between steps of work."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.common.errors import Cancelled, DeadlineExceeded

_TOO_LATE = "the request's time is over; allow more with 'timeout'"


class Deadline:
    """When to give up, and whether the caller has left.

    Work in threads can't be interrupted from outside, so long steps call `check()` between their parts.

    Args:
        at_s: Unix time in seconds; None = never. Wall-clock time, because it travels between machines.
    """

    def __init__(self, at_s: float | None = None) -> None:
        self.at_s = at_s
        self._cancelled = threading.Event()

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """A deadline that many seconds from now."""
        return cls(time.time() + seconds)

    def remaining_s(self) -> float | None:
        """Seconds left, never negative; None = no limit."""
        return None if self.at_s is None else max(0.0, self.at_s - time.time())

    def cancel(self) -> None:
        """Tell the work that its caller left; it ends at its next `check`."""
        self._cancelled.set()

    def check(self, now_s: float | None = None) -> None:
        """Raise `Cancelled` or `DeadlineExceeded` when the work is no longer wanted.

        Args:
            now_s: Unix time; None = this machine's.
        """
        if self._cancelled.is_set():
            raise Cancelled("the caller left before the work was done")
        if self.at_s is not None and (time.time() if now_s is None else now_s) >= self.at_s:
            raise DeadlineExceeded(_TOO_LATE)

    @asynccontextmanager
    async def limit(self) -> AsyncIterator[None]:
        """Bound what the body awaits.

        Raises:
            DeadlineExceeded: The time ran out before the body ended, which was then cancelled.
        """
        try:
            async with asyncio.timeout(self.remaining_s()):
                yield
        except TimeoutError as error:
            raise DeadlineExceeded(_TOO_LATE) from error

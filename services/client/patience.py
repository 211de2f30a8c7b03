"""How long and how often a call is tried again."""

import random
import time
from collections.abc import Callable

from services.common.errors import (
    ModelUnavailable,
    NotReady,
    Overloaded,
    QuotaExceeded,
    RateLimited,
    StorageUnavailable,
    VitrineError,
)

RETRYABLE = (Overloaded, RateLimited, QuotaExceeded, NotReady, StorageUnavailable, ModelUnavailable)
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 10.0


class Patience:
    """One call's time and attempts: exponential backoff with full jitter, never shorter than the service asks for.

    Jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/

    Args:
        timeout_s: For all attempts together, in seconds.
        max_attempts: How often the call is made at most.
        now: Monotonic time in seconds.
        jitter: A number in [0, 1) for each pause.
    """

    def __init__(
        self,
        timeout_s: float,
        max_attempts: int,
        now: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._now = now
        self._ends_s = now() + timeout_s
        self._attempts_left = max_attempts
        self._jitter = jitter
        self._longest_s = FIRST_PAUSE_S

    @property
    def remaining_s(self) -> float:
        """Seconds left; gRPC refuses 0, so never quite that."""
        return max(0.001, self._ends_s - self._now())

    def pause_after(self, error: VitrineError) -> float | None:
        """Seconds to wait before the next attempt; None: there is none, the error is the answer."""
        self._attempts_left -= 1
        if not isinstance(error, RETRYABLE) or self._attempts_left <= 0:
            return None
        pause_s = self._longest_s * self._jitter()
        if isinstance(asked_s := error.details.get("retry_after_s"), int | float):
            pause_s += asked_s
        self._longest_s = min(LONGEST_PAUSE_S, 2 * self._longest_s)
        return pause_s if self._now() + pause_s < self._ends_s else None

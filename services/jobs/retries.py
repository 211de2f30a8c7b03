"""Which failures another attempt may help, and when it is made."""

import random
from typing import Final

from services.common.errors import (
    DeadlineExceeded,
    Internal,
    ModelUnavailable,
    NotReady,
    Overloaded,
    StorageUnavailable,
    VitrineError,
)

_MAY_HELP: Final = (Overloaded, NotReady, StorageUnavailable, ModelUnavailable, DeadlineExceeded, Internal)


def may_help(error: type[VitrineError]) -> bool:
    """Whether the same item may succeed at another time. What is wrong with the photo or the request stays wrong."""
    return issubclass(error, _MAY_HELP)


def pause_s(attempt: int, first_s: float, longest_s: float, chance: random.Random) -> float:
    """The wait before the next attempt, in seconds: doubled with each, and drawn from its upper half, so that what
    failed together does not come back together
    (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).

    Args:
        attempt: The one that failed, counted from 1.
        first_s: Before the second.
        longest_s: Never longer.
        chance: Draws.
    """
    full_s = min(longest_s, first_s * 2.0 ** min(attempt - 1, 60))
    return full_s * chance.uniform(0.5, 1.0)

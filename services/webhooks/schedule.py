"""When a message that was not taken is sent again."""

import random
from typing import Final

_MINUTE_S: Final = 60.0
_HOUR_S: Final = 3600.0

#: The pauses that the specification recommends, after the first attempt and each one that follows: three days in all.
PAUSES_S: Final = (
    5.0, 5 * _MINUTE_S, 30 * _MINUTE_S, 2 * _HOUR_S, 5 * _HOUR_S, 10 * _HOUR_S, 14 * _HOUR_S, 20 * _HOUR_S,
    24 * _HOUR_S,
)  # fmt: skip
#: Each pause is drawn from this share around it, so that what failed together does not come back together.
JITTER: Final = 0.1
#: The longest pause that an address may ask for (Retry-After).
LONGEST_S: Final = 24 * _HOUR_S


def pause_s(attempts: int, wish_s: float, chance: random.Random) -> float | None:
    """The wait before the next attempt, in seconds; None: there is none.

    Args:
        attempts: Made so far, at least 1.
        wish_s: What the address asked for; 0: nothing.
        chance: Draws.
    """
    if attempts > len(PAUSES_S):
        return None
    drawn_s = PAUSES_S[attempts - 1] * chance.uniform(1 - JITTER, 1 + JITTER)
    return max(drawn_s, min(wish_s, LONGEST_S))

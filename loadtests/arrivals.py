"""When calls are due, and calls begun when they are due, whether or not others were answered."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray


def poisson(per_s: float, length_s: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Moments at which independent callers come.

    Args:
        per_s: How many come in a second, on average.
        length_s: For how long, in seconds.
        rng: Draws them.

    Returns:
        (n,) seconds from the beginning, ascending, all below `length_s`.
    """
    return np.sort(rng.uniform(0, length_s, rng.poisson(per_s * length_s)))


async def send_when_due(
    due: Iterable[float],
    send: Callable[[int, float], Coroutine[Any, Any, None]],
    ended: Callable[[], bool] = lambda: False,
) -> None:
    """Begin each call at its moment (open loop); returns when all that were begun have ended.

    One that comes late begins at once. What a call took counts from when it was due: else a service that makes its
    callers wait would be asked less, and look better for it.

    Args:
        due: Moments (`time.monotonic`), in their order.
        send: Makes the call; gets its number, from 0, and its moment.
        ended: Asked before each call; nothing more is begun once it says so.
    """
    async with asyncio.TaskGroup() as group:
        for number, at_s in enumerate(due):
            await asyncio.sleep(max(0.0, at_s - time.monotonic()))
            if ended():
                return
            group.create_task(send(number, at_s))

"""How work in an event loop ends early: on Ctrl-C, and when the machine asks for it."""

import asyncio
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stopped_by_signals(tasks: Sequence[asyncio.Future[Any]]) -> Iterator[None]:
    """While it lasts, the first Ctrl-C or SIGTERM cancels the tasks; the next one ends the process, as always.

    Args:
        tasks: Of the running loop, which is the main thread's.
    """
    loop = asyncio.get_running_loop()

    def restored() -> None:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)

    def stopped() -> None:
        restored()
        for task in tasks:
            task.cancel()

    for number in _SIGNALS:
        loop.add_signal_handler(number, stopped)
    try:
        yield
    finally:
        restored()

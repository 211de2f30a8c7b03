"""What was looked up a moment ago."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

V = TypeVar("V")


class BriefMemory(Generic[V]):
    """Values by name, believed for a few seconds; the oldest are forgotten where there are many.

    Args:
        fresh_s: How long a value is believed.
        most: How many are kept, so that callers who make names up don't fill the memory.
        clock: Seconds from any fixed point.
    """

    def __init__(self, fresh_s: float, most: int = 10_000, clock: Callable[[], float] = time.monotonic) -> None:
        self._fresh_s = fresh_s
        self._most = most
        self._clock = clock
        self._values: OrderedDict[str, tuple[float, V]] = OrderedDict()

    def get(self, name: str) -> tuple[V] | None:
        """The value, in a tuple as it may be None itself; None where it is not known or too old."""
        found = self._values.get(name)
        return (found[1],) if found and self._clock() - found[0] < self._fresh_s else None

    def put(self, name: str, value: V) -> None:
        """Remember a value that was looked up now."""
        self._values.pop(name, None)
        self._values[name] = self._clock(), value
        while len(self._values) > self._most:
            self._values.popitem(last=False)

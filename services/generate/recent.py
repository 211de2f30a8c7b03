"""The last few things made, so that what repeats is not made again."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Made = TypeVar("Made")


class Recent(Generic[Made]):
    """The last few things made, each made once, also when several threads ask at the same time."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._made: OrderedDict[Hashable, Made] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What `make` gave for that key, now or before."""
        with self._lock:
            if key not in self._made:
                self._made[key] = make()
                if len(self._made) > self._capacity:
                    self._made.popitem(last=False)
            self._made.move_to_end(key)
            return self._made[key]


class RecentBytes(Generic[Made]):
    """What was used last, up to a number of bytes; safe to share between threads.

    Unlike in `Recent`, two threads may make the same thing at once: what takes long to make would else hold all others.

    Args:
        capacity: Bytes kept at most; a thing larger than half of it is not kept, as it would push out all others.
        weigh: Gives the bytes of a thing.
    """

    def __init__(self, capacity: int, weigh: Callable[[Made], int]) -> None:
        self._capacity = capacity
        self._weigh = weigh
        self._kept: OrderedDict[Hashable, Made] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def find(self, key: Hashable) -> Made | None:
        """What was kept for that key, if it still is."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def keep(self, key: Hashable, made: Made) -> None:
        """Keep a thing, and forget those that were not used for longest."""
        size = self._weigh(made)
        if size > self._capacity // 2:
            return
        with self._lock:
            if key in self._kept:
                return
            self._kept[key] = made
            self._bytes += size
            while self._bytes > self._capacity:
                _, gone = self._kept.popitem(last=False)
                self._bytes -= self._weigh(gone)

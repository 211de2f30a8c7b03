"""The last few things made, so that what repeats is not made again."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

Made = TypeVar("Made")

#: Who waits for another's work looks this often, in seconds, whether its own is still wanted.
_LOOK_S: Final = 0.02


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


class _Making(Generic[Made]):
    """A thing that one thread makes and others wait for."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.made: Made | None = None


class RecentBytes(Generic[Made]):
    """What was used last, up to a number of bytes; safe to share between threads.

    Unlike in `Recent`, different things are made side by side. Requests for one thing that come together are served as
    a batch: the first makes it, the others wait and share it, also where nothing is kept.

    Args:
        capacity: Bytes kept at most; a thing larger than half of it is not kept, as it would push out all others.
        weigh: Gives the bytes of a thing.
    """

    def __init__(self, capacity: int, weigh: Callable[[Made], int]) -> None:
        self._capacity = capacity
        self._weigh = weigh
        self._kept: OrderedDict[Hashable, Made] = OrderedDict()
        self._making: dict[Hashable, _Making[Made]] = {}
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Made], check: Callable[[], None] = lambda: None) -> Made:
        """What `make` gave for that key, now or before.

        Args:
            key: Of the thing.
            make: Makes it; what it raises reaches its own caller only, and one of those who waited tries again.
            check: Called while waiting for another thread; ends the waiting by raising.
        """
        while True:
            with self._lock:
                if key in self._kept:
                    self._kept.move_to_end(key)
                    return self._kept[key]
                others = self._making.get(key)
                if others is None:
                    own = self._making[key] = _Making()
            if others is None:
                return self._make(key, own, make)
            while not others.over.wait(_LOOK_S):
                check()
            if others.made is not None:
                return others.made

    def _make(self, key: Hashable, making: _Making[Made], make: Callable[[], Made]) -> Made:
        try:
            making.made = made = make()
            self._keep(key, made)
            return made
        finally:
            with self._lock:
                del self._making[key]
            making.over.set()

    def _keep(self, key: Hashable, made: Made) -> None:
        size = self._weigh(made)
        if size > self._capacity // 2:
            return
        with self._lock:
            self._kept[key] = made
            self._bytes += size
            while self._bytes > self._capacity:
                _, gone = self._kept.popitem(last=False)
                self._bytes -= self._weigh(gone)

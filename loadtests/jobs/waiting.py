"""How long a tenant's single item waits while another tenant has a hundred thousand."""

import threading
import time
from collections import deque
from dataclasses import dataclass

from loadtests.jobs.store import Store, no_op
from services.jobs.schema import Task

BIG = "big"
#: How often the single items come, in seconds.
EVERY_S = 0.3


@dataclass(frozen=True)
class Wait:
    """Of one single item, from the moment that it was in the store until it began.

    Args:
        seconds: How long it was.
        running: The other tenant's items at work when it came.
        ended: How many of the other's ended meanwhile.
        begun: How many of the other's began meanwhile, by claims that were made after it came.
    """

    seconds: float
    running: int
    ended: int
    begun: int


class Dispatcher(threading.Thread):
    """Works on so many items at once, each of which takes so long, and claims whenever there is room.

    Args:
        store: Where it claims.
        slots: How many at once.
        item_s: How long each takes, in seconds.
    """

    def __init__(self, store: Store, slots: int, item_s: float) -> None:
        super().__init__(daemon=True)
        self._store = store
        self._slots = slots
        self._item_s = item_s
        self._working = deque[tuple[float, Task]]()
        self._over = threading.Event()
        #: Of each claim that began anything: when it was made, when its items began, and what they are.
        self.claims: list[tuple[float, float, list[Task]]] = []
        #: When each item of the big tenant ended.
        self.ended: list[float] = []

    def run(self) -> None:
        """Until it is to stop."""
        while not self._over.is_set():
            due = [task for until, task in self._working if until <= time.perf_counter()]
            if due:
                self._store.finish("dispatcher", [no_op(task, self._item_s) for task in due])
                self.ended += [time.perf_counter()] * sum(task.tenant == BIG for task in due)
                for _ in due:
                    self._working.popleft()
            if room := self._slots - len(self._working):
                asked = time.perf_counter()
                tasks = self._store.claim("dispatcher", room)
                begun = time.perf_counter()
                self.claims.append((asked, begun, tasks))
                self._working.extend((begun + self._item_s, task) for task in tasks)
            time.sleep(max(0.0, min((until for until, _ in self._working), default=0.0) - time.perf_counter()))

    def running(self) -> int:
        """How many items of the big tenant are at work."""
        return sum(task.tenant == BIG for _, task in tuple(self._working))

    def stop(self) -> None:
        """End after the next look."""
        self._over.set()
        self.join()


def waits(store: Store, singles: int, items: int, slots: int, item_s: float) -> list[Wait]:
    """Give the big tenant so many items, and others one now and then."""
    store.create(BIG, items)
    dispatcher = Dispatcher(store, slots, item_s)
    dispatcher.start()
    time.sleep(10 * item_s)
    came: dict[str, tuple[float, int]] = {}
    for number in range(singles):
        store.create(f"single-{number}", 1)
        came[f"single-{number}"] = time.perf_counter(), dispatcher.running()
        time.sleep(EVERY_S)
    time.sleep(10 * item_s)
    dispatcher.stop()
    return [_wait(dispatcher, tenant, *each) for tenant, each in came.items()]


def _wait(dispatcher: Dispatcher, tenant: str, came_s: float, running: int) -> Wait:
    began_s = next(begun for _, begun, tasks in dispatcher.claims if tenant in {task.tenant for task in tasks})
    begun = sum(
        sum(task.tenant == BIG for task in tasks)
        for asked, at, tasks in dispatcher.claims
        if asked > came_s and at < began_s
    )
    ended = sum(came_s < at <= began_s for at in dispatcher.ended)
    return Wait(max(0.0, began_s - came_s), running, ended, begun)

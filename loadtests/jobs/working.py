"""How fast items are claimed and completed, by processes as dispatchers are."""

import multiprocessing
import statistics
import time
import uuid
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

import psutil

from loadtests.jobs.store import Store, no_op

#: Between two looks at the tenants' progress, in seconds.
LOOK_S = 0.25
#: A process without work looks again after so long, in seconds.
IDLE_S = 0.02


@dataclass(frozen=True)
class Worked:
    """What one process did.

    Args:
        items: It ended.
        cpu_s: Of its own, in seconds.
        claim_ms, finish_ms: How long each transaction took, in milliseconds.
        rss_mb: Its memory, as often as a hundredth of its time had passed, in MB.
    """

    items: int = 0
    cpu_s: float = 0.0
    claim_ms: list[float] = field(default_factory=list)
    finish_ms: list[float] = field(default_factory=list)
    rss_mb: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Progress:
    """Of all tenants: at which seconds, how many items of each were done."""

    at_s: list[float]
    done: list[dict[str, int]]
    processes: list[Worked]

    @property
    def items_per_s(self) -> float:
        """From the first claim to the last item's end."""
        return sum(self.done[-1].values()) / self.at_s[-1]


def work_off(url: str, folder: Path, processes: int, most: int) -> Progress:
    """Claim and complete all there is, so many items at once in each process, and look at it meanwhile."""
    context = multiprocessing.get_context("spawn")
    pipes = [context.Pipe() for _ in range(processes)]
    working = [context.Process(target=_work, args=(url, folder, most, ours)) for _, ours in pipes]
    for process in working:
        process.start()
    for theirs, _ in pipes:
        theirs.recv()  # it is ready
    with Store.open(url, folder) as store:
        began = time.perf_counter()
        at_s, done = [0.0], [store.done()]
        for theirs, _ in pipes:
            theirs.send(None)
        while any(process.is_alive() for process in working) and not all(theirs.poll() for theirs, _ in pipes):
            time.sleep(LOOK_S)
            done.append(store.done())
            at_s.append(time.perf_counter() - began)
        worked = [theirs.recv() for theirs, _ in pipes]
    for process in working:
        process.join()
    first_done = next(place for place, each in enumerate(done) if each == done[-1])
    return Progress(at_s[: first_done + 1], done[: first_done + 1], worked)


def _work(url: str, folder: Path, most: int, pipe: Connection) -> None:
    owner, worked, process = uuid.uuid4().hex, Worked(), psutil.Process()
    items = 0
    with Store.open(url, folder) as store:
        store.done()
        pipe.send(None)
        pipe.recv()
        looked, before_s = 0.0, time.process_time()
        while True:
            began = time.perf_counter()
            tasks = store.claim(owner, most)
            claimed = time.perf_counter()
            if not tasks:
                if store.is_empty():
                    break
                time.sleep(IDLE_S)
                continue
            store.finish(owner, [no_op(task) for task in tasks])
            worked.claim_ms.append(1000 * (claimed - began))
            worked.finish_ms.append(1000 * (time.perf_counter() - claimed))
            items += len(tasks)
            if claimed - looked > LOOK_S:
                looked = claimed
                worked.rss_mb.append(process.memory_info().rss / 1e6)
    pipe.send(Worked(items, time.process_time() - before_s, worked.claim_ms, worked.finish_ms, worked.rss_mb))


def spread(values: list[float]) -> dict[str, float]:
    """Median, quartiles, 99th percentile and count."""
    low, middle, high = statistics.quantiles(values, n=4)
    last = statistics.quantiles(values, n=100)[-1]
    found = {"median": middle, "q1": low, "q3": high, "p99": last, "max": max(values)}
    return {name: round(value, 3) for name, value in found.items()} | {"n": len(values)}

"""What one service is asked, by each of its doors."""

import itertools
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from loadtests.ingress.caller import CALLERS, CUTOUT, KINDS, LIST, UPLOAD, Caller

PROTOCOLS: Final = tuple(CALLERS)
#: Of each kind by each door, before anything counts.
_WARM_UP: Final = {LIST: 20, UPLOAD: 5, CUTOUT: 2}


@dataclass(frozen=True)
class Lengths:
    """How much is measured.

    Args:
        calls: Of each kind by each door and protocol.
        clients: That call at once.
        seconds: How long they do.
    """

    calls: Mapping[str, int] = field(default_factory=lambda: {LIST: 200, UPLOAD: 40, CUTOUT: 40})
    clients: int = 16
    seconds: float = 5.0


QUICK: Final = Lengths({LIST: 10, UPLOAD: 3, CUTOUT: 1}, seconds=1.0)


@dataclass
class Visit:
    """What was found.

    Args:
        front: Name of what stands before the service's replicas.
        number: Of the round.
        took_s: Seconds of each call, turn by turn, by protocol, kind and door.
        per_s: Calls for next to nothing a second, many clients at once, by protocol and door.
    """

    front: str
    number: int
    took_s: dict[tuple[str, str, str], list[float]] = field(default_factory=dict)
    per_s: dict[tuple[str, str], float] = field(default_factory=dict)


def visit(
    front: str, number: int, doors: Mapping[str, tuple[int, int]], key: str, photo: bytes, lengths: Lengths
) -> Visit:
    """Ask for everything.

    Args:
        front: See `Visit`.
        number: See `Visit`.
        doors: Ports of HTTP and gRPC by name.
        key: Of a tenant.
        photo: The file that is sent.
        lengths: How much.

    Raises:
        RuntimeError: A call came to something else than it should.
    """
    found = Visit(front, number)
    for index, protocol in enumerate(PROTOCOLS):
        makers = {name: partial(CALLERS[protocol], ports[index], key, photo) for name, ports in doors.items()}
        callers = {name: make() for name, make in makers.items()}
        for kind in KINDS:
            in_turns(callers, kind, _WARM_UP[kind])
            for name, took_s in in_turns(callers, kind, lengths.calls[kind]).items():
                found.took_s[protocol, kind, name] = took_s
        for caller in callers.values():
            caller.close()
        for name, make in makers.items():
            found.per_s[protocol, name] = per_second(make, lengths.clients, lengths.seconds)
    return found


def in_turns(callers: Mapping[str, Caller], kind: str, count: int) -> dict[str, list[float]]:
    """Seconds of each call; every other turn begins with the other door."""
    took_s: dict[str, list[float]] = {name: [] for name in callers}
    names = list(callers)
    for turn in range(count):
        for name in names if turn % 2 == 0 else reversed(names):
            began = time.perf_counter()
            callers[name].call(kind)
            took_s[name].append(time.perf_counter() - began)
    return took_s


def per_second(make: Callable[[], Caller], clients: int, seconds: float) -> float:
    """Calls that were answered in a second, each client sending its next when it has its answer.

    Args:
        make: A caller with a connection of its own.
        clients: How many.
        seconds: How long.
    """
    ready = threading.Barrier(clients)

    def work() -> int:
        caller = make()
        caller.call(LIST)
        ready.wait()
        ends = time.perf_counter() + seconds
        for count in itertools.count():
            if time.perf_counter() >= ends:
                caller.close()
                return count
            caller.call(LIST)
        raise AssertionError  # counting has no end

    with ThreadPoolExecutor(clients) as pool:
        return sum(done.result() for done in [pool.submit(work) for _ in range(clients)]) / seconds

"""What is to be called when, handed to Locust's users; one at a time, in the order of the moments."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import gevent
import numpy as np
from gevent.lock import Semaphore
from gevent.queue import Queue

from loadtests.load.arrivals import moments
from loadtests.load.figures import Ran
from loadtests.load.measures import MEASURES
from loadtests.load.profile import Arrivals, Kind, Phase, Profile, Stream
from loadtests.load.sample import Sample

_POLL_S = 0.05
T = TypeVar("T")


def _nothing() -> None:
    """Nobody waits for this call's end."""


@dataclass(frozen=True)
class Due:
    """A call that is to be made.

    Args:
        phase, kind, tenant: Which.
        at_s: The moment, from the run's beginning, in seconds.
        seed: Of a shot, another each time, as plates are remembered by seed.
        ended: Told when it has been answered.
    """

    phase: str
    kind: Kind
    tenant: str
    at_s: float
    seed: int
    ended: Callable[[], None] = field(default=_nothing, compare=False)


class Agenda:
    """Walks through a profile's phases.

    A call is put before the users of its kind at its moment, whatever became of those before it. Where all users of
    a kind are busy it waits for one, and that shows in its latency, which counts from the moment it was due.

    Args:
        profile: What happens.
    """

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._rng: Any = np.random.default_rng(profile.seed)
        shares = {name: each.share for name, each in profile.tenants.items()} or {"": 1.0}
        self._tenants, self._shares = list(shares), np.array(list(shares.values())) / sum(shares.values())
        self._queues = {kind: Queue[Due]() for kind in profile.kinds}
        self._seed = 0
        self._under_way = 0
        self._began = time.monotonic()
        self.samples: list[Sample] = []
        self.ran: list[Ran] = []

    @property
    def now_s(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self._began

    def take(self, kind: Kind) -> Due:
        """The next call of that kind, once it is due."""
        return self._queues[kind].get()

    def tell(self, due: Due, sample: Sample) -> None:
        """A call has ended."""
        self.samples.append(sample)
        self._under_way -= 1
        due.ended()

    def run(self) -> None:
        """All phases; returns when all calls have been answered, or given up."""
        self._began = time.monotonic()
        for phase in self._profile.phases:
            if phase.drained:
                self._drain()
            self._run(phase)
        self._drain()

    def _drain(self) -> None:
        """Wait for what is under way. Every call ends by its own time limit, jobs a while after theirs."""
        while self._under_way:
            gevent.sleep(_POLL_S)

    def _run(self, phase: Phase) -> None:
        began_s = self.now_s
        rates = tuple(self._rate(stream.arrivals) if stream.arrivals else None for stream in phase.streams)
        streams = [
            gevent.spawn(self._at_once, phase, stream, began_s)
            if rate is None
            else gevent.spawn(self._at_moments, phase, stream, began_s, rate)
            for stream, rate in zip(phase.streams, rates, strict=True)
        ]
        self._sleep_until(began_s + phase.seconds)
        gevent.joinall(streams, raise_error=True)
        self.ran.append(Ran(phase, began_s, began_s + phase.seconds, rates))

    def _rate(self, arrivals: Arrivals) -> float:
        if arrivals.per_s is not None:
            return arrivals.per_s
        earlier = next(each for each in self.ran if each.phase.name == arrivals.of)
        goodput = MEASURES["goodput_per_s"](earlier.window(self.samples))
        if not goodput:
            raise RuntimeError(f"phase {arrivals.of!r} made no picture, so there is no rate to take of it")
        return arrivals.times * goodput

    def _at_moments(self, phase: Phase, stream: Stream, began_s: float, per_s: float) -> None:
        if stream.arrivals is None:
            return
        kinds = turns(stream.calls)
        for at_s in moments(stream.arrivals, per_s, phase.seconds, self._rng):
            self._sleep_until(began_s + at_s)
            self._put(phase, next(kinds), began_s + at_s)

    def _at_once(self, phase: Phase, stream: Stream, began_s: float) -> None:
        kinds, places = turns(stream.calls), Semaphore(stream.at_once)
        while (left_s := began_s + phase.seconds - self.now_s) > 0:
            if places.acquire(timeout=left_s):
                self._put(phase, next(kinds), self.now_s, places.release)

    def _put(self, phase: Phase, kind: Kind, at_s: float, ended: Callable[[], None] = _nothing) -> None:
        self._seed += 1
        self._under_way += 1
        tenant = str(self._rng.choice(self._tenants, p=self._shares))
        self._queues[kind].put(Due(phase.name, kind, tenant, at_s, self._seed, ended))

    def _sleep_until(self, at_s: float) -> None:
        gevent.sleep(max(0.0, at_s - self.now_s))


def turns(weights: Mapping[T, float]) -> Iterator[T]:
    """Each as often as its weight says, as evenly as can be, so that the mix is the same however few calls there are
    (smooth weighted round-robin, as in nginx)."""
    credit = dict.fromkeys(weights, 0.0)
    while True:
        for each, weight in weights.items():
            credit[each] += weight
        chosen = max(credit, key=credit.__getitem__)
        credit[chosen] -= sum(weights.values())
        yield chosen

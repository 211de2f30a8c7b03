"""The replicas of one deployment in simulated time, and how work is handed to them."""

import random
from collections import deque
from collections.abc import Callable
from math import inf
from typing import Final

import simpy

from services.planning.meter import Meter
from services.planning.replica import Job, Replica
from services.planning.tier import Tier

#: Serve's router chooses between so many (https://docs.ray.io/en/latest/serve/architecture.html#lifetime-of-a-request).
_LOOKED_AT: Final = 2


class Pool:
    """Hands work to the less loaded of two replicas drawn at random that have room; where none has, it waits.

    Args:
        environment: Whose clock counts.
        tier: What the replicas are.
        replicas: How many there are at first.
        rng: Draws replicas.
        start_up_s: Until a new replica takes work.
    """

    def __init__(
        self,
        environment: simpy.Environment,
        tier: Tier,
        replicas: int,
        rng: random.Random,
        start_up_s: float = 0,
    ) -> None:
        self._environment = environment
        self.tier = tier
        self.target = replicas
        self._rng = rng
        self._start_up_s = start_up_s
        self._queue: deque[Job] = deque()
        #: Callers that have a queue each.
        self.callers: Callable[[], int] = lambda: 1
        self.replicas = Meter(environment, replicas)
        self.ongoing = Meter(environment)
        self.busy = Meter(environment)
        self.waited_s: list[float] = []
        #: Succeeds the next time that nobody is here.
        self.emptied = environment.event()
        self._active = [self._replica() for _ in range(replicas)]

    def work(self, seconds: float) -> simpy.Event | None:
        """Ask for so many seconds of a replica's work; the event succeeds when it is done. None: the queue is full."""
        job = Job(self._environment, seconds)
        return job.done if self._accept(job) else None

    def hold(self) -> Job | None:
        """Ask for a place that is held until `release`; its `started` succeeds when it is there. None: refused."""
        job = Job(self._environment, inf)
        return job if self._accept(job) else None

    def release(self, job: Job) -> None:
        """Give a place back."""
        if job.replica is None:
            raise ValueError("a place is given back that was never taken")
        job.replica.finish(job)

    def resize(self, target: int) -> None:
        """Grow, after the start-up, or shrink at once; who leaves still ends what it holds."""
        self.target = target
        for _ in range(target - len(self._active)):
            started = self._environment.timeout(self._start_up_s)
            started.callbacks.append(self._grow)
        while len(self._active) > target:
            idlest = min(self._active, key=lambda replica: replica.ongoing)
            self._active.remove(idlest)
            self.replicas.add(-1)

    def begin_measuring(self) -> None:
        """Forget what was measured so far."""
        for meter in (self.replicas, self.ongoing, self.busy):
            meter.begin()
        self.waited_s.clear()

    def _accept(self, job: Job) -> bool:
        if (replica := self._with_room()) is not None:
            replica.take(job)
        elif self.tier.queue is None or len(self._queue) < self.tier.queue * self.callers():
            self._queue.append(job)
        else:
            return False
        self.ongoing.add(1)
        return True

    def _with_room(self) -> Replica | None:
        """The less loaded of two, or whoever has room."""
        if not self._active:
            return None
        room = self.tier.room
        drawn = self._rng.sample(self._active, min(_LOOKED_AT, len(self._active)))
        best = min(drawn, key=lambda replica: replica.ongoing)
        if best.ongoing >= room:
            best = min(self._active, key=lambda replica: replica.ongoing)
        return best if best.ongoing < room else None

    def _replica(self) -> Replica:
        return Replica(self._environment, self.tier, self.busy, self._began, self._freed)

    def _grow(self, _: simpy.Event) -> None:
        if len(self._active) >= self.target:
            return
        self._active.append(self._replica())
        self.replicas.add(1)
        while self._queue and (replica := self._with_room()) is not None:
            replica.take(self._queue.popleft())

    def _began(self, job: Job) -> None:
        self.waited_s.append(self._environment.now - job.asked_s)

    def _freed(self, replica: Replica) -> None:
        self.ongoing.add(-1)
        if self._queue and replica in self._active and replica.ongoing < self.tier.room:
            replica.take(self._queue.popleft())
        if not self.ongoing.value:
            emptied, self.emptied = self.emptied, self._environment.event()
            emptied.succeed()

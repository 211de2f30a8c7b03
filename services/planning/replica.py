"""One replica in simulated time."""

from collections import deque
from collections.abc import Callable
from functools import partial
from math import inf

import simpy

from services.planning.meter import Meter
from services.planning.tier import Tier


class Job:
    """What a replica is asked for.

    Args:
        environment: Whose clock counts.
        seconds: Work it takes alone; infinite for a place that is held until `Replica.finish`.
    """

    __slots__ = ("asked_s", "done", "left_s", "replica", "started")

    def __init__(self, environment: simpy.Environment, seconds: float) -> None:
        self.left_s = seconds
        self.asked_s = environment.now
        #: Succeeds once the work has begun, for a held place; else once it is done.
        self.started = environment.event() if seconds == inf else None
        self.done = environment.event()
        self.replica: Replica | None = None


class Replica:
    """Works on some requests at once, each of them slower for it, and keeps some more waiting, first come first served.

    Args:
        environment: Whose clock counts.
        tier: How many, and how much slower.
        busy: Gets the share of its capacity that is in use.
        began: Told of every job whose work begins.
        freed: Told after every job that has left.
    """

    def __init__(
        self,
        environment: simpy.Environment,
        tier: Tier,
        busy: Meter,
        began: Callable[[Job], None],
        freed: Callable[["Replica"], None],
    ) -> None:
        self._environment = environment
        self._tier = tier
        self._busy = busy
        self._began = began
        self._freed = freed
        self.working: list[Job] = []
        self._waiting: deque[Job] = deque()
        self._speed = self._used = 0.0
        self._since_s = environment.now
        self._turn = 0

    @property
    def ongoing(self) -> int:
        """Requests held, at work or waiting."""
        return len(self.working) + len(self._waiting)

    def take(self, job: Job) -> None:
        """Hold a job; its work begins once there is a place for it."""
        job.replica = self
        self._waiting.append(job)
        if len(self.working) < self._tier.at_once:
            self._go_on()

    def finish(self, job: Job) -> None:
        """End a job that is at work, and begin the next."""
        self._progress()
        self.working.remove(job)
        if job.started is None:
            job.done.succeed()
        self._go_on()
        self._freed(self)

    def _go_on(self) -> None:
        self._progress()
        while self._waiting and len(self.working) < self._tier.at_once:
            job = self._waiting.popleft()
            self.working.append(job)
            self._began(job)
            if job.started is not None:
                job.started.succeed()
        self._turn += 1
        self._adjust()
        if self.working:
            first = min(self.working, key=lambda job: job.left_s)
            if first.left_s < inf:
                end = self._environment.timeout(first.left_s / self._speed)
                end.callbacks.append(partial(self._end_of, first, self._turn))

    def _adjust(self) -> None:
        done = self._tier.gets_done(len(self.working))
        used = done / self._tier.capacity
        self._busy.add(used - self._used)
        self._used = used
        self._speed = done / len(self.working) if self.working else 0.0

    def _progress(self) -> None:
        """Take the time that has passed off what is left of every job at work."""
        now = self._environment.now
        done_s = (now - self._since_s) * self._speed
        self._since_s = now
        if done_s:
            for job in self.working:
                job.left_s = max(0.0, job.left_s - done_s)

    def _end_of(self, job: Job, turn: int, _: simpy.Event) -> None:
        # Who began or ended meanwhile has changed everybody's speed and set another end.
        if turn == self._turn:
            self.finish(job)

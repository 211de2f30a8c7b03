"""Serve's rule for the number of replicas, in simulated time."""

import math
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import simpy

from services.planning.pool import Pool


@dataclass(frozen=True)
class ScalingPace:
    """How soon replicas follow their load; the defaults are those of the settings.

    Args:
        look_back_s: Ongoing requests are averaged over so long.
        report_s: Replicas and handles report their numbers so often.
        upscale_delay_s, downscale_delay_s: More or fewer must be wanted without a break for so long.
        start_up_s: Until a new replica has loaded and warmed up.
    """

    look_back_s: float = 15
    report_s: float = 5
    upscale_delay_s: float = 10
    downscale_delay_s: float = 300
    start_up_s: float = 20


class Autoscaler:
    """Resizes a pool so that each replica has its target of running and queued requests
    (https://docs.ray.io/en/latest/serve/advanced-guides/advanced-autoscaling.html).

    Args:
        environment: Whose clock counts.
        pool: What is resized, between its tier's limits.
        pace: How soon.
    """

    def __init__(self, environment: simpy.Environment, pool: Pool, pace: ScalingPace) -> None:
        self._environment = environment
        self._pool = pool
        self._pace = pace
        self._reports: deque[float] = deque(maxlen=max(1, round(pace.look_back_s / pace.report_s)))
        self._wanted_since_s: float | None = None
        self._direction = 0

    def run(self) -> Generator[simpy.Event, Any, None]:
        """Until the simulation ends."""
        while True:
            before = self._pool.ongoing.total
            yield self._environment.timeout(self._pace.report_s)
            self._reports.append((self._pool.ongoing.total - before) / self._pace.report_s)
            self._decide(self._desired())

    def _desired(self) -> int:
        tier = self._pool.tier
        mean = sum(self._reports) / len(self._reports)
        return max(tier.min_replicas, min(tier.max_replicas, math.ceil(mean / tier.target_ongoing)))

    def _decide(self, desired: int) -> None:
        direction = (desired > self._pool.target) - (desired < self._pool.target)
        if direction == 0 or direction != self._direction:
            self._wanted_since_s = None
        self._direction = direction
        if direction == 0:
            return
        now = self._environment.now
        if self._wanted_since_s is None:
            self._wanted_since_s = now
        delay_s = self._pace.upscale_delay_s if direction > 0 else self._pace.downscale_delay_s
        if now - self._wanted_since_s >= delay_s:
            self._wanted_since_s = None
            self._pool.resize(desired)

"""Shots that walk through the deployments in simulated time (SimPy)."""

import random
from collections.abc import Generator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import simpy

from services.planning.autoscaler import Autoscaler
from services.planning.model import ServiceModel
from services.planning.outcome import Outcome, TierUse
from services.planning.pool import Pool
from services.planning.tier import DISPATCHER, GATEWAY, STAGES
from services.planning.times import AROUND, BEFORE, BETWEEN
from services.planning.traffic import Arrivals

Walking = Generator[simpy.Event, Any, None]
#: Ends with whether the stage took the work.
Working = Generator[simpy.Event, Any, bool]
_GENERATE: Final = "generate"


class Simulation:
    """One stretch of traffic. Used once.

    An interactive shot takes a place of the gateway (or is refused), is decoded, waits for and is worked on by each
    stage in turn, and gives its place back; the gateway's own work delays it and takes nobody's turn. An item of a job
    waits for a place of a dispatcher instead, and before each stage for one of the dispatchers' few there; holding it,
    it waits until no interactive shot is at work anywhere, or for as long as items are held back. With the same seed
    every shot takes the same times whatever else differs, so that two runs differ by what was changed alone.

    Args:
        model: The service.
        replicas: How many each deployment begins with.
        seed: Same seed, same outcome.
        autoscaled: Whether gateway and stages follow their load; dispatchers never do.
    """

    def __init__(
        self,
        model: ServiceModel,
        replicas: Mapping[str, int],
        seed: int,
        autoscaled: bool = False,
    ) -> None:
        self._environment = environment = simpy.Environment()
        self._shots = model.times.shots
        self._draws = np.random.default_rng(seed)
        self.pools = {
            name: Pool(environment, tier, replicas[name], _router(name, seed), model.pace.start_up_s)
            for name, tier in model.tiers.items()
        }
        gateway = self.pools[GATEWAY]
        self._yield_s = model.yield_s
        self._turns = {stage: simpy.Resource(environment, replicas[DISPATCHER] * model.at_stage) for stage in STAGES}
        for stage in STAGES:
            self.pools[stage].callers = lambda: max(1, gateway.target) + replicas[DISPATCHER]
        for name, pool in self.pools.items():
            if autoscaled and name != DISPATCHER:
                environment.process(Autoscaler(environment, pool, model.pace).run())
        self._forget()

    def run(
        self, arrivals: Arrivals, length_s: float, warm_up_s: float = 0, drawn: Sequence[int] | None = None
    ) -> Outcome:
        """Simulate and tell what was seen after the warm-up.

        Args:
            arrivals: From the beginning of the warm-up on.
            length_s: What is looked at, after it.
            warm_up_s: What comes before, in which the deployments fill.
            drawn: The measured shot whose times each arrival takes, by its place; at random where None.
        """
        if drawn is None:
            drawn = self._draws.integers(len(self._shots), size=len(arrivals.at_s)).tolist()
        self._environment.process(self._arrive(arrivals, drawn))
        if warm_up_s:
            self._environment.run(until=warm_up_s)
        self._forget()
        under_way = self._under_way
        self._environment.run(until=warm_up_s + length_s)
        tiers = {name: _use(pool) for name, pool in self.pools.items()}
        return Outcome(
            length_s=length_s,
            arrived=self._arrived,
            answered=len(self._took_s[False]) + len(self._took_s[True]),
            refused=self._refused,
            piled_up=self._under_way - under_way,
            interactive_s=np.sort(self._took_s[False]),
            bulk_s=np.sort(self._took_s[True]),
            backlog_s=np.sort(self.pools[DISPATCHER].waited_s),
            tiers=tiers,
        )

    @property
    def _under_way(self) -> int:
        return int(self.pools[GATEWAY].ongoing.value + self.pools[DISPATCHER].ongoing.value)

    def _forget(self) -> None:
        self._arrived = self._refused = 0
        self._took_s: dict[bool, list[float]] = {False: [], True: []}
        for pool in self.pools.values():
            pool.begin_measuring()

    def _arrive(self, arrivals: Arrivals, drawn: Sequence[int]) -> Walking:
        environment = self._environment
        for at_s, bulk, number in zip(arrivals.at_s.tolist(), arrivals.bulk.tolist(), drawn, strict=True):
            yield environment.timeout(max(0.0, at_s - environment.now))
            self._arrived += 1
            environment.process(self._walk(self._shots[number], bulk))

    def _walk(self, parts: Mapping[str, float], bulk: bool) -> Walking:
        environment = self._environment
        front = self.pools[DISPATCHER if bulk else GATEWAY]
        began_s = environment.now
        place = front.hold()
        if place is None or place.started is None:
            self._refused += 1
            return
        yield place.started
        if bulk:
            began_s = environment.now
        yield environment.timeout(parts[BEFORE])
        for stage in STAGES:
            if stage == _GENERATE:
                yield environment.timeout(parts[BETWEEN])
            work = self._item(stage, parts[stage]) if bulk else self._work(stage, parts[stage])
            if not (yield from work):
                self._refused += 1
                front.release(place)
                return
        yield environment.timeout(parts[AROUND])
        front.release(place)
        self._took_s[bulk].append(environment.now - began_s)

    def _work(self, stage: str, seconds: float) -> Working:
        done = self.pools[stage].work(seconds)
        if done is None:
            return False
        yield done
        return True

    def _item(self, stage: str, seconds: float) -> Working:
        gateway = self.pools[GATEWAY]
        with self._turns[stage].request() as turn:
            yield turn
            if self._yield_s and gateway.ongoing.value:
                yield gateway.emptied | self._environment.timeout(self._yield_s)
            return (yield from self._work(stage, seconds))


def _router(name: str, seed: int) -> random.Random:
    """One for each deployment, so that how many replicas one has changes no other's draws."""
    return random.Random(f"{name}/{seed}")  # noqa: S311 - no secret


def _use(pool: Pool) -> TierUse:
    replicas = pool.replicas.mean
    return TierUse(
        replicas=replicas,
        most_replicas=int(pool.replicas.most),
        utilisation=pool.busy.mean / replicas if replicas else 0.0,
        waited_s=sum(pool.waited_s) / len(pool.waited_s) if pool.waited_s else 0.0,
        ongoing=pool.ongoing.mean,
    )

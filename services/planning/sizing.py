"""How many replicas a window needs, or gets."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from services.planning.model import ServiceModel
from services.planning.outcome import Outcome
from services.planning.plan import Aims, Sized
from services.planning.simulation import Simulation
from services.planning.tier import DISPATCHER, GATEWAY, STAGES, Tier
from services.planning.traffic import Traffic
from services.planning.window import Window

#: Tried from the highest on, which needs the fewest replicas.
UTILISATIONS: Final = tuple(round(0.95 - 0.05 * step, 2) for step in range(16))
#: Replicas grow by this share at a time while it is found out where autoscaling comes to rest.
_STEP: Final = 0.1
#: Nobody waits for a job's items, so their dispatchers may be this busy.
_DISPATCHERS_BUSY: Final = 0.85
#: Gateways and dispatchers while stages are sized, by what they hold when all are alone.
_AMPLE: Final = 2


class Sizing:
    """Simulates windows of one traffic with different numbers of replicas.

    Args:
        model: The service.
        traffic: When shots arrive.
        aims: What has to be reached.
        seed: Same seed, same answers.
    """

    def __init__(self, model: ServiceModel, traffic: Traffic, aims: Aims, seed: int) -> None:
        self._model = model
        self._tiers = model.tiers
        self._traffic = traffic
        self._aims = aims
        self._seed = seed
        self._work_s = model.work_s

    def needed(self, window: Window) -> Sized:
        """The window with the fewest replicas that reach the aims; with the most that were tried where none reach them.

        All stages are kept equally busy, at most. How busy they may be is found by bisection, with places for all
        in the gateway and at the dispatchers; then these get as many replicas as were used.
        """
        least, most = 0, len(UTILISATIONS) - 1
        while least < most:
            middle = (least + most) // 2
            if self._aims.missed(self.simulate(window, self._ample(window, UTILISATIONS[middle]))):
                least = middle + 1
            else:
                most = middle
        found = self._whole(window, UTILISATIONS[least])
        for utilisation in UTILISATIONS[least + 1 :]:
            if not found.missed:
                break
            found = self._whole(window, utilisation)
        return found

    def as_set(self, window: Window) -> Sized:
        """The window with the replicas at which the settings' autoscaling comes to rest, looked for from below."""
        busy = {stage: window.per_s * self._work_s[stage] for stage in STAGES}
        replicas = {
            name: _within(tier, math.ceil(busy.get(name, 0) / tier.target_ongoing))
            for name, tier in self._tiers.items()
        }
        while True:
            outcome = self.simulate(window, replicas)
            grown = {name: self._grown(tier, replicas[name], outcome) for name, tier in self._tiers.items()}
            if grown == replicas:
                return Sized(window, replicas, outcome, self._aims.missed(outcome))
            replicas = grown

    def simulate(self, window: Window, replicas: Mapping[str, int]) -> Outcome:
        """A window with so many replicas, at its own size."""
        rng = np.random.default_rng([self._seed, window.hour])
        arrivals = self._traffic.arrivals(window.start_s, window.warm_up_s + window.length_s, rng, window.factor)
        simulation = Simulation(self._model, replicas, self._seed)
        return simulation.run(arrivals, window.length_s, window.warm_up_s)

    def _ample(self, window: Window, utilisation: float) -> dict[str, int]:
        """Stages at most so busy, and more gateways and dispatchers than there can be work for."""
        per_s = window.simulated_per_s
        busy = {stage: per_s * self._work_s[stage] / utilisation for stage in STAGES}
        busy[GATEWAY] = _AMPLE * per_s * self._model.shot_s
        busy[DISPATCHER] = _AMPLE * per_s * self._model.item_s
        return {name: max(1, math.ceil(busy[name])) for name in self._tiers}

    def _whole(self, window: Window, utilisation: float) -> Sized:
        """The same with the gateways and dispatchers that were used."""
        replicas = self._ample(window, utilisation)
        outcome = self.simulate(window, replicas)
        if not outcome.overload:
            gateway = outcome.tiers[GATEWAY]
            items = self._dispatchers(outcome)
            places = gateway.ongoing / self._tiers[GATEWAY].capacity
            replicas[GATEWAY] = max(1, math.ceil(places / utilisation))
            replicas[DISPATCHER] = max(1, math.ceil(items / max(utilisation, _DISPATCHERS_BUSY)))
            outcome = self.simulate(window, replicas)
        whole = {name: math.ceil(count * window.factor) for name, count in replicas.items()}
        return Sized(window, whole, outcome, self._aims.missed(outcome))

    def _dispatchers(self, outcome: Outcome) -> float:
        """Dispatchers that were always busy: their places with items, or with items before and in the slowest stage."""
        if not len(outcome.bulk_s):
            return 0.0
        items_per_s = len(outcome.bulk_s) / outcome.length_s
        held_back_s = max(0.0, float(outcome.bulk_s.mean()) - self._model.shot_s) / len(STAGES)
        at_stage = items_per_s * (held_back_s + max(self._work_s.values())) / self._model.at_stage
        return max(outcome.tiers[DISPATCHER].ongoing / self._tiers[DISPATCHER].capacity, at_stage)

    @staticmethod
    def _grown(tier: Tier, replicas: int, outcome: Outcome) -> int:
        """A step to the number that autoscaling wants; while too few are there, queues say more than will be needed."""
        wanted = _within(tier, math.ceil(outcome.tiers[tier.name].ongoing / tier.target_ongoing))
        return min(max(wanted, replicas), replicas + math.ceil(_STEP * replicas))


def _within(tier: Tier, wanted: int) -> int:
    return max(1, tier.min_replicas, min(tier.max_replicas, wanted))


def between(sized: Sequence[Sized], per_s: float, name: str) -> int:
    """Replicas of a deployment at any rate: in straight lines between those at the simulated ones and none at none."""
    points = sorted((each.window.per_s, each.replicas[name]) for each in sized)
    rates, replicas = [0.0, *(rate for rate, _ in points)], [0, *(count for _, count in points)]
    return max(1, math.ceil(round(float(np.interp(per_s, rates, replicas)), 6)))

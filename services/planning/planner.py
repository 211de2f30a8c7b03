"""From traffic and measured times to replicas, latencies and cost."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from services.common.errors import InvalidInput
from services.planning.machines import MachineKind, machines_for, price_per_hour
from services.planning.model import ServiceModel
from services.planning.plan import Aims, Cost, Plan, Rise, Sized
from services.planning.simulation import Simulation
from services.planning.sizing import Sizing, between
from services.planning.tier import DISPATCHER
from services.planning.traffic import HOUR_S, Traffic
from services.planning.window import SHOTS, Window, steepest_rise, windows_of

#: The steepest hour is simulated in its whole length, with so many times the shots of a window at most.
_RISE_SHOTS: Final = 3
#: A target of ongoing requests is told in steps of this.
_TARGET_STEP: Final = 0.05
#: New replicas come late while traffic grows; so targets are tried at these shares until the aims are reached.
_LOWERED: Final = (1.0, 0.85, 0.7, 0.55)


class Planner:
    """Plans one service for one traffic.

    Args:
        model: The service, with the settings' limits and targets of autoscaling.
        traffic: When shots arrive.
        aims: What has to be reached.
        kinds: Machines and their prices; none: no cost is told.
        seed: Same seed, same plan.
        shots: Simulated in a window at most.
    """

    def __init__(
        self,
        model: ServiceModel,
        traffic: Traffic,
        aims: Aims,
        kinds: Sequence[MachineKind] = (),
        seed: int = 0,
        shots: int = SHOTS,
    ) -> None:
        self._model = model
        self._traffic = traffic
        self._aims = aims
        self._kinds = kinds
        self._seed = seed
        self._shots = shots
        self._sizing = Sizing(model, traffic, aims, seed)

    def needed(self) -> Plan:
        """The fewest replicas that reach the aims, whatever the settings' limits; and autoscaling within them.

        Raises:
            InvalidInput: Shots take longer than the aim even when they are alone.
        """
        alone_s = float(np.percentile(self._model.times.alone_s, 95))
        if alone_s > self._aims.p95_s:
            raise InvalidInput(
                f"95 of 100 shots take up to {alone_s:.3g} s when nothing else is there, so no number of replicas "
                f"brings that to {self._aims.p95_s:.3g} s", field="p95", limit=round(alone_s, 3),
            )  # fmt: skip
        sized = [self._sizing.needed(window) for window in windows_of(self._traffic, self._model.shot_s, self._shots)]
        rises = self._rises(sized, targets := self._targets(sized[-1]))
        return self._plan(sized, rises["plan"].targets if rises else targets, rises)

    def as_set(self) -> Plan:
        """What the settings' autoscaling makes of the traffic. Never thinned, as its limits are whole numbers."""
        windows = [replace(window, factor=1.0) for window in windows_of(self._traffic, self._model.shot_s, self._shots)]
        sized = [self._sizing.as_set(window) for window in windows]
        targets = {name: tier.target_ongoing for name, tier in self._model.tiers.items() if name != DISPATCHER}
        return self._plan(sized, targets, {})

    def _plan(self, sized: Sequence[Sized], targets: Mapping[str, float], rises: Mapping[str, Rise]) -> Plan:
        hourly = [
            {name: between(sized, rate, name) for name in self._model.tiers} for rate in self._traffic.hourly_per_s
        ]
        return Plan(
            traffic=self._traffic.told,
            times=self._model.times.source,
            aims=self._aims,
            sized=sized,
            targets=targets,
            hourly_replicas=hourly,
            hourly_per_s=self._traffic.hourly_per_s,
            rises=rises,
            cost=self._cost(sized[-1].replicas, hourly) if self._kinds else None,
        )

    def _targets(self, busiest: Sized) -> dict[str, float]:
        """The requests that a replica has on average in the busiest window: autoscaling that aims at them keeps it."""
        if busiest.outcome.overload:
            return {}
        ongoing = {
            name: use.ongoing / use.replicas for name, use in busiest.outcome.tiers.items() if name != DISPATCHER
        }
        return {name: _stepped(mean) for name, mean in ongoing.items()}

    def _rises(self, sized: Sequence[Sized], targets: Mapping[str, float]) -> dict[str, Rise]:
        """The steepest hour with the settings' own targets and with the plan's, lowered until replicas come in time."""
        window = steepest_rise(self._traffic, self._model.shot_s, _RISE_SHOTS * self._shots)
        if window is None or not targets:
            return {}
        own = {name: self._model.tiers[name].target_ongoing for name in targets}
        rises = {"settings": self._rise(window, sized, own)}
        for share in _LOWERED:
            lowered = {name: _stepped(share * target) for name, target in targets.items()}
            rises["plan"] = self._rise(window, sized, lowered)
            if not rises["plan"].missed:
                break
        return rises

    def _rise(self, window: Window, sized: Sequence[Sized], targets: Mapping[str, float]) -> Rise:
        """Autoscaling between the quietest and the busiest window's replicas, beginning with the hour's own."""
        factor = window.factor

        def scaled(count: int) -> int:
            return max(1, math.ceil(count / factor))

        tiers = {
            name: replace(tier, target_ongoing=targets.get(name, tier.target_ongoing)).with_limits(
                scaled(sized[0].replicas[name]), scaled(sized[-1].replicas[name])
            )
            for name, tier in self._model.tiers.items()
        }
        at_first = self._traffic.hourly_per_s[window.hour]
        replicas = {name: scaled(between(sized, at_first, name)) for name in tiers}
        # Dispatchers grow by their backlog's age, which is not simulated: they stay as many as are needed.
        replicas[DISPATCHER] = tiers[DISPATCHER].max_replicas
        rng = np.random.default_rng([self._seed, window.hour])
        arrivals = self._traffic.arrivals(window.start_s, window.warm_up_s + window.length_s, rng, factor)
        simulation = Simulation(replace(self._model, tiers=tiers), replicas, self._seed, autoscaled=True)
        outcome = simulation.run(arrivals, window.length_s, window.warm_up_s)
        most = {name: math.ceil(use.most_replicas * factor) for name, use in outcome.tiers.items()}
        return Rise(window, targets, outcome, most, self._aims.missed(outcome))

    def _cost(self, busiest: Mapping[str, int], hourly: Sequence[Mapping[str, int]]) -> Cost:
        at_peak = machines_for(busiest, self._model.tiers, self._kinds)
        prices = [price_per_hour(machines_for(each, self._model.tiers, self._kinds), self._kinds) for each in hourly]
        day = sum(prices)
        shots = sum(rate * HOUR_S for rate in self._traffic.hourly_per_s)
        return Cost(at_peak, day, len(hourly) * price_per_hour(at_peak, self._kinds), 1000 * day / shots)


def _stepped(target: float) -> float:
    return round(max(_TARGET_STEP, math.floor(target / _TARGET_STEP) * _TARGET_STEP), 2)

"""What the planner answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.planning.outcome import Outcome, percentiles
from services.planning.window import Window


@dataclass(frozen=True)
class Aims:
    """What the plan has to reach in every window.

    Args:
        p95_s: 95 of 100 interactive shots are answered within, in seconds.
        backlog_s: 95 of 100 items of jobs begin within, in seconds.
    """

    p95_s: float
    backlog_s: float

    def missed(self, outcome: Outcome) -> str:
        """What an outcome lacks; empty: nothing."""
        if outcome.overload:
            return outcome.overload
        waited, backlog = percentiles(outcome.interactive_s), percentiles(outcome.backlog_s)
        if waited and waited["p95"] > self.p95_s:
            return f"95 of 100 shots take up to {waited['p95']:.3g} s, wanted are {self.p95_s:.3g} s"
        if backlog and backlog["p95"] > self.backlog_s:
            return f"95 of 100 items of jobs wait up to {backlog['p95']:.3g} s, wanted are {self.backlog_s:.3g} s"
        return ""


@dataclass(frozen=True)
class Sized:
    """A window with its replicas.

    Args:
        window: Which.
        replicas: By deployment, at the traffic's full size.
        outcome: What the simulation showed with them.
        missed: Which aim was not reached, and why; empty where all were. Figures of an overload mean nothing.
    """

    window: Window
    replicas: Mapping[str, int]
    outcome: Outcome
    missed: str

    def to_json(self) -> dict[str, Any]:
        """For programs. Latencies of an overload are left out: they would grow with every second simulated."""
        outcome, overloaded = self.outcome, bool(self.outcome.overload)
        factor = self.window.factor
        return {
            "window": self.window.name,
            "hour": self.window.hour,
            "shots_per_s": self.window.per_s,
            "simulated": {"seconds": outcome.length_s, "shots": outcome.arrived, "one_shot_of": factor},
            "overload": outcome.overload or None,
            "missed": self.missed or None,
            "answered_per_s": outcome.per_s * factor,
            "refused_share": outcome.refused / outcome.arrived if outcome.arrived else 0.0,
            "interactive_s": None if overloaded else percentiles(outcome.interactive_s),
            "bulk_s": None if overloaded else percentiles(outcome.bulk_s),
            "backlog_s": None if overloaded else percentiles(outcome.backlog_s),
            "deployments": {
                name: {
                    "replicas": self.replicas[name],
                    "utilisation": use.utilisation,
                    "waited_s": None if overloaded else use.waited_s,
                    "ongoing_per_replica": None if overloaded else use.ongoing / use.replicas,
                }
                for name, use in outcome.tiers.items()
            },
        }


@dataclass(frozen=True)
class Rise:
    """The hour in which traffic grows most, under autoscaling.

    Args:
        window: Which.
        targets: `target_ongoing_requests` by deployment.
        outcome: What the simulation showed.
        most_replicas: By deployment, at the traffic's full size.
        missed: See `Sized`.
    """

    window: Window
    targets: Mapping[str, float]
    outcome: Outcome
    most_replicas: Mapping[str, int]
    missed: str

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        overloaded = bool(self.outcome.overload)
        return {
            "hour": self.window.hour,
            "one_shot_of": self.window.factor,
            "target_ongoing_requests": dict(self.targets),
            "missed": self.missed or None,
            "interactive_s": None if overloaded else percentiles(self.outcome.interactive_s),
            "most_replicas": dict(self.most_replicas),
        }


@dataclass(frozen=True)
class Cost:
    """Of a day.

    Args:
        machines: By kind, at the busiest hour.
        day, day_at_peak: With as many machines as each hour needs, and with those of the busiest hour all day.
        per_1000_shots: Of `day`.
    """

    machines: Mapping[str, int]
    day: float
    day_at_peak: float
    per_1000_shots: float


@dataclass(frozen=True)
class Plan:
    """All of it.

    Args:
        traffic, times: What was planned for, in words.
        aims: What was asked for.
        sized: The windows, the busiest last.
        targets: `target_ongoing_requests` that keep the busiest window's replicas, of who scales by requests.
        hourly_replicas: For each hour of the traffic, by deployment; between the simulated rates in straight lines.
        rises: The steepest hour under autoscaling, with the settings' own targets and with those of the plan.
        cost: Where machines were given.
    """

    traffic: str
    times: str
    aims: Aims
    sized: Sequence[Sized]
    targets: Mapping[str, float]
    hourly_replicas: Sequence[Mapping[str, int]]
    hourly_per_s: Sequence[float]
    rises: Mapping[str, Rise]
    cost: Cost | None

    @property
    def missed(self) -> str:
        """The first aim that is not reached, and where; empty: all are."""
        return next((f"{each.window.name}: {each.missed}" for each in self.sized if each.missed), "")

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "traffic": self.traffic,
            "stage_times": self.times,
            "aims": {"interactive_p95_s": self.aims.p95_s, "backlog_p95_s": self.aims.backlog_s},
            "reached": not self.missed,
            "windows": [each.to_json() for each in self.sized],
            "target_ongoing_requests": dict(self.targets),
            "hours": [
                {"shots_per_s": rate, "replicas": dict(replicas)}
                for rate, replicas in zip(self.hourly_per_s, self.hourly_replicas, strict=True)
            ],
            "steepest_hour": {name: rise.to_json() for name, rise in self.rises.items()},
            "cost": None if self.cost is None else vars(self.cost) | {"machines": dict(self.cost.machines)},
        }

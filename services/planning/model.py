"""The service as it is simulated."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.planning.autoscaler import ScalingPace
from services.planning.tier import STAGES, Tier
from services.planning.times import StageTimes


@dataclass(frozen=True)
class ServiceModel:
    """A service's deployments and what they take.

    Args:
        tiers: The deployments, by name.
        times: What shots take.
        at_stage: Items of jobs in the same stage at once per dispatcher.
        yield_s: How long an item is held back before each stage while shots that somebody waits for are at work.
        pace: Of autoscaling.
    """

    tiers: Mapping[str, Tier]
    times: StageTimes
    at_stage: int = 1
    yield_s: float = 0.0
    pace: ScalingPace = field(default_factory=ScalingPace)

    @property
    def shot_s(self) -> float:
        """What a shot takes alone on average, in seconds."""
        return sum(self.times.mean_s.values())

    @property
    def item_s(self) -> float:
        """What an item of a job takes on average where it is always held back, in seconds."""
        return self.shot_s + self.yield_s * len(STAGES)

    @property
    def work_s(self) -> dict[str, float]:
        """What a shot takes of each stage's replicas, in seconds of one replica that is used to its capacity."""
        mean_s = self.times.mean_s
        return {stage: mean_s[stage] / self.tiers[stage].capacity for stage in STAGES}

"""What a simulated stretch of time showed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.planning.tier import STAGES

PERCENTILES: Final = (50, 95, 99)
#: More shots refused than this are an overload.
REFUSED_AT_MOST: Final = 0.01
#: Shots that pile up: beyond chance (so many standard deviations of a Poisson count), and such a share of all.
_DEVIATIONS: Final = 4.0
_PILED_UP: Final = 0.02
#: A stage that is so busy is why others wait.
_CANNOT_KEEP_UP: Final = 0.9


@dataclass(frozen=True)
class TierUse:
    """One deployment's share.

    Args:
        replicas: On average.
        most_replicas: At any time.
        utilisation: Share of its capacity in use, 0 to 1.
        waited_s: Mean wait for a replica to begin, in seconds.
        ongoing: Requests running and queued on average.
    """

    replicas: float
    most_replicas: int
    utilisation: float
    waited_s: float
    ongoing: float


@dataclass(frozen=True)
class Outcome:
    """All of it.

    Args:
        length_s: Simulated seconds, warm-up not counted.
        arrived, answered, refused: Shots.
        piled_up: Shots under way at the end beyond those at the beginning.
        interactive_s, bulk_s: (n,) float64 seconds from arrival to answer, ascending; of an item of a job, from its
            beginning.
        backlog_s: (n,) float64 seconds that items of jobs waited to begin, ascending.
        tiers: By deployment.
    """

    length_s: float
    arrived: int
    answered: int
    refused: int
    piled_up: int
    interactive_s: NDArray[np.float64]
    bulk_s: NDArray[np.float64]
    backlog_s: NDArray[np.float64]
    tiers: Mapping[str, TierUse]

    @property
    def per_s(self) -> float:
        """Shots answered per second."""
        return self.answered / self.length_s

    @property
    def overload(self) -> str:
        """Why no figure of waiting means anything here; empty where they do."""
        if not self.arrived:
            return ""
        refused = self.refused / self.arrived
        piling = self.piled_up > max(_DEVIATIONS * self.arrived**0.5, _PILED_UP * self.arrived)
        if refused <= REFUSED_AT_MOST and not piling:
            return ""
        # Places of the gateway and of dispatchers are all held while a stage cannot keep up.
        stages = {stage: self.tiers[stage] for stage in STAGES if self.tiers[stage].utilisation >= _CANNOT_KEEP_UP}
        name, use = max((stages or self.tiers).items(), key=lambda item: item[1].utilisation)
        happens = (
            f"{refused:.0%} of the shots are refused" if refused > REFUSED_AT_MOST else "shots pile up without end"
        )
        return f"{happens}: {name} is {use.utilisation:.0%} busy"


def percentiles(seconds: NDArray[np.float64]) -> dict[str, float] | None:
    """The median and the tail, in seconds; None where nothing was seen."""
    if not len(seconds):
        return None
    return {
        f"p{each}": float(value) for each, value in zip(PERCENTILES, np.percentile(seconds, PERCENTILES), strict=True)
    }

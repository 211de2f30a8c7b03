"""Whether a run's limits hold."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from loadtests.load.figures import Ran
from loadtests.load.measures import MEASURES, Window, narrowed
from loadtests.load.profile import Limit
from loadtests.load.sample import Sample


@dataclass(frozen=True)
class Verdict:
    """A limit and what was found.

    Args:
        limit: What has to hold.
        found: What it is about; None where no call tells it.
        holds: Whether it does. What nobody tells does not.
    """

    limit: Limit
    found: float | None
    holds: bool

    @property
    def about(self) -> str:
        """In words."""
        limit = self.limit
        whose = " ".join(part for part in (limit.phase or "whole run", limit.kind or "", limit.tenant) if part)
        return f"{limit.measure} of {whose}" + (f", against {limit.against}" if limit.against else "")

    @property
    def bar(self) -> str:
        """In words."""
        limit = self.limit
        return f"at most {limit.at_most:g}" if limit.at_most is not None else f"at least {limit.at_least:g}"


def verdicts(limits: Sequence[Limit], ran: Sequence[Ran], samples: Sequence[Sample]) -> list[Verdict]:
    """Of all limits, in their order."""
    return [_verdict(limit, ran, samples) for limit in limits]


def _verdict(limit: Limit, ran: Sequence[Ran], samples: Sequence[Sample]) -> Verdict:
    found = _measured(limit, limit.phase, ran, samples)
    if limit.against and found is not None:
        other = _measured(limit, limit.against, ran, samples)
        found = found / other if other else None
    low = limit.at_least if limit.at_least is not None else -math.inf
    high = limit.at_most if limit.at_most is not None else math.inf
    return Verdict(limit, found, found is not None and low <= found <= high)


def _measured(limit: Limit, phase: str, ran: Sequence[Ran], samples: Sequence[Sample]) -> float | None:
    if phase:
        window = next(each for each in ran if each.phase.name == phase).window(samples)
    else:
        window = Window.of(samples, ran[0].began_s, ran[-1].ended_s)
    return MEASURES[limit.measure](narrowed(window, limit.kind or "", limit.tenant))

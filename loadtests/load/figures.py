"""The figures of every phase of a run."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from loadtests.load.measures import Window, figures, narrowed
from loadtests.load.profile import Phase
from loadtests.load.sample import Sample


@dataclass(frozen=True)
class Ran:
    """A phase as it was.

    Args:
        phase: As it was meant.
        began_s, ended_s: Seconds from the run's beginning.
        per_s: The rate of each of its streams; None: calls at once.
    """

    phase: Phase
    began_s: float
    ended_s: float
    per_s: tuple[float | None, ...] = ()

    def window(self, samples: Sequence[Sample]) -> Window:
        """What it is judged by."""
        own = [each for each in samples if each.phase == self.phase.name]
        return Window.of(own, self.began_s + self.phase.settle_s, self.ended_s)


def by_phase(ran: Sequence[Ran], samples: Sequence[Sample]) -> list[dict[str, Any]]:
    """The figures of each phase, together and by kind and tenant."""
    return [_told(each, each.window(samples)) for each in ran]


def _told(ran: Ran, window: Window) -> dict[str, Any]:
    kinds, tenants = ({getattr(each, name) for each in window.samples} for name in ("kind", "tenant"))
    return {
        "phase": ran.phase.name,
        "began_s": round(window.began_s, 3),
        "ended_s": round(window.ended_s, 3),
        "per_s": ran.per_s,
        "figures": figures(window),
        "outcomes": dict(Counter(each.outcome for each in window.samples).most_common()),
        "kinds": {kind: figures(narrowed(window, kind=kind)) for kind in sorted(kinds)},
        "tenants": {tenant: figures(narrowed(window, tenant=tenant)) for tenant in sorted(tenants - {""})},
    }

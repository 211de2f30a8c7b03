"""What is measured of the calls in a stretch of a run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from loadtests.load.sample import OK, Sample

PERCENTILES: Final = (50, 90, 95, 99)


@dataclass(frozen=True)
class Window:
    """A stretch that is judged, and its calls.

    Args:
        began_s, ended_s: Seconds from the run's beginning.
        samples: Of calls that were due in it.
        answered: Of calls of the same phase that were answered in it.
    """

    began_s: float
    ended_s: float
    samples: Sequence[Sample]
    answered: Sequence[Sample]

    @classmethod
    def of(cls, samples: Sequence[Sample], began_s: float, ended_s: float) -> "Window":
        """Those samples, as far as they fall into it."""
        due = [each for each in samples if began_s <= each.due_s < ended_s]
        return cls(began_s, ended_s, due, [each for each in samples if began_s <= each.answered_s < ended_s])

    @property
    def length_s(self) -> float:
        """How long it is."""
        return self.ended_s - self.began_s


def narrowed(window: Window, kind: str = "", tenant: str = "") -> Window:
    """The same stretch with the calls of one kind or one tenant alone."""

    def own(samples: Sequence[Sample]) -> list[Sample]:
        return [each for each in samples if kind in ("", each.kind) and tenant in ("", each.tenant)]

    return Window(window.began_s, window.ended_s, own(window.samples), own(window.answered))


def _percentile(seconds: Sequence[float], of_hundred: float) -> float | None:
    return float(np.percentile(seconds, of_hundred)) if seconds else None


def _took(percentile: int) -> Callable[[Window], float | None]:
    return lambda window: _percentile([each.took_s for each in window.samples if each.outcome == OK], percentile)


def _goodput(window: Window) -> float:
    return sum(each.pictures for each in window.answered if each.outcome == OK) / window.length_s


def _refusal(window: Window) -> float | None:
    return _percentile([each.took_s for each in window.samples if each.refused], 50)


def _first(window: Window) -> float | None:
    return _percentile([each.first_s - each.due_s for each in window.samples if each.first_s is not None], 50)


def _failed(window: Window) -> int:
    return sum(each.outcome != OK and not each.refused for each in window.samples)


#: What limits name: pictures per second; seconds from when a call was due, of those that were answered, of refusals and
#: of streams' first events; how late the client itself was; numbers of calls.
MEASURES: Final[Mapping[str, Callable[[Window], float | None]]] = MappingProxyType(
    {
        "calls": lambda window: len(window.samples),
        "offered_per_s": lambda window: len(window.samples) / window.length_s,
        "goodput_per_s": _goodput,
        **{f"p{each}_s": _took(each) for each in PERCENTILES},
        "first_event_p50_s": _first,
        "refused": lambda window: sum(each.refused for each in window.samples),
        "refusal_p50_s": _refusal,
        "failed": _failed,
        "previews": lambda window: sum(each.previews for each in window.samples),
        "late_p99_s": lambda window: _percentile([each.sent_s - each.due_s for each in window.samples], 99),
    }
)


def figures(window: Window) -> dict[str, float | None]:
    """All measures; None where no call tells one."""
    return {name: measure(window) for name, measure in MEASURES.items()}

"""What the comparison must show, and whether it does."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from loadtests.peers.callers import CUTOUT, SHOT
from loadtests.peers.figures import median

_MB: Final = 1000.0


@dataclass(frozen=True)
class Row:
    """A measure with its bars.

    Args:
        measure: In words.
        value: What was found; None where it could not be measured.
        unit: Behind the value.
        bar, stretch: What has to be reached, and what would be better still.
        more_is_better: Whether bars are least values.
        beside: The same in other words.
        enough: Reached by these other words alone.
    """

    measure: str
    value: float | None
    unit: str
    bar: float
    stretch: float
    more_is_better: bool = False
    beside: str = ""
    enough: bool = False

    @property
    def verdict(self) -> str:
        """`stretch`, `bar`, `missed` or `not measured`."""
        if self.value is None:
            return "not measured"
        if self._reaches(self.stretch):
            return "stretch"
        return "bar" if self.enough or self._reaches(self.bar) else "missed"

    def _reaches(self, bar: float) -> bool:
        assert self.value is not None  # noqa: S101 - looked at just before
        return self.value >= bar if self.more_is_better else self.value <= bar


def ratio(over: float | None, under: float | None) -> float | None:
    """None where one of them was not measured."""
    return over / under if over is not None and under else None


#: What gateway and Serve may add, as a share, where it is more than the bar in milliseconds.
ADDED_SHARE: Final = 0.08


def rows(peers: Mapping[str, Any], added: Mapping[str, Mapping[str, Any]]) -> list[Row]:
    """The table.

    Args:
        peers: Figures by letter, as `report.figures_of` gives them.
        added: What (e) takes more than (d), by kind and way.
    """
    ours, usual = peers["e"], peers["b"]

    def of_both(*path: str) -> float | None:
        return ratio(_at(ours, *path), _at(usual, *path))

    cutouts, shots = (of_both("throughput_per_s", kind) for kind in (CUTOUT, SHOT))
    p95 = of_both("at_rate", SHOT, "p95_s")
    return [
        Row("cutouts at saturation, against (b)", cutouts, "times", 1.8, 2.5, more_is_better=True),
        Row("shots at saturation, against (b)", shots, "times", 1.6, 3.0, more_is_better=True),
        Row("p95 of shots at 70 % of (b)'s saturation, against (b)", p95, "times", 0.6, 0.4),
        *(_added(kind, added[kind]) for kind in (SHOT, CUTOUT)),
        Row("start to ready, warm caches", median(ours["ready_s"]), "s", 40, 20),
        Row("memory (PSS) of the whole service at rest", ratio(ours["rest_mb"], _MB), "GB", 5, 3.5),
    ]


def _added(kind: str, by_way: Mapping[str, Any]) -> Row:
    """The way that adds most is judged."""
    measured = {way: found for way, found in by_way.items() if found["ms"] is not None}
    title = f"gateway and Serve add to a {kind} of (d), one client"
    if not measured:
        return Row(title, None, "ms", 80, 40)
    way, worst = max(measured.items(), key=lambda each: each[1]["ms"])
    share = worst["share"]
    return Row(title, worst["ms"], "ms", 80, 40, beside=f"{share:.1%} by {way}", enough=share <= ADDED_SHARE)


def _at(figures: Any, *path: str) -> float | None:
    for part in path:
        figures = None if figures is None else figures.get(part)
    return None if figures is None else float(figures)

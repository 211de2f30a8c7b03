"""When shots arrive in a day."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from services.common.errors import InvalidInput

DAY_S: Final = 86_400.0
HOUR_S: Final = 3600.0
HOURS: Final = 24

#: Shares of a day's traffic by hour from 0:00 on, of any sum. `evening` is an assumption and nobody's measurement:
#: least at 4:00, most at 20:00, 2.05 times the mean.
CURVES: Final[dict[str, tuple[float, ...]]] = {
    "flat": (1,) * HOURS,
    "evening": (5, 4, 3, 2, 2, 2, 3, 5, 7, 9, 10, 11, 12, 12, 12, 13, 14, 15, 17, 19, 20, 17, 12, 8),
}


@dataclass(frozen=True)
class Arrivals:
    """Shots in a stretch of time.

    Args:
        at_s: (n,) float64 seconds from its beginning, ascending.
        bulk: (n,) bool, whether the shot is a job's item; else somebody waits for it.
    """

    at_s: NDArray[np.float64]
    bulk: NDArray[np.bool_]

    def thinned(self, factor: float, rng: np.random.Generator) -> Self:
        """One of `factor` shots, at random; Poisson arrivals thinned like this are Poisson arrivals again."""
        kept = rng.random(len(self.at_s)) * factor < 1
        return type(self)(self.at_s[kept], self.bulk[kept])


class Traffic(Protocol):
    """Shots over a day."""

    @property
    def hourly_per_s(self) -> Sequence[float]:
        """Shots per second on average in each hour from the beginning on; the last may be shorter."""

    @property
    def length_s(self) -> float:
        """How long it lasts, in seconds."""

    @property
    def told(self) -> str:
        """In words."""

    def arrivals(self, start_s: float, length_s: float, rng: np.random.Generator, factor: float = 1) -> Arrivals:
        """Those of a stretch, one of `factor`."""


class DailyTraffic:
    """Shots that arrive independently of each other (Poisson) at a rate that follows a curve over the day.

    Args:
        shots_per_day: All together.
        curve: Shares of the hours from 0:00 on, of any sum; the rate goes in straight lines between their middles.
        bulk_share: Of items of jobs, 0 to 1.
        name: The curve's, for people.

    Raises:
        InvalidInput: There are no shots, a share is wrong, or the hours are not 24.
    """

    def __init__(self, shots_per_day: float, curve: Sequence[float], bulk_share: float = 0, name: str = "") -> None:
        if not 0 < shots_per_day < float("inf"):
            raise InvalidInput(f"a day has more than 0 shots, got {shots_per_day:g}", field="shots_per_day")
        if len(curve) != HOURS or not all(0 <= share < float("inf") for share in curve) or not sum(curve):
            raise InvalidInput(f"a curve is 24 shares from 0 on, got {list(curve)}", field="curve")
        if not 0 <= bulk_share <= 1:
            raise InvalidInput(f"a share is 0 to 1, got {bulk_share:g}", field="interactive")
        self._bulk_share = bulk_share
        self.length_s = DAY_S
        self.hourly_per_s = [shots_per_day * share / sum(curve) / HOUR_S for share in curve]
        curved = f", curve {name!r}" if name else ""
        self.told = f"{shots_per_day:,.0f} shots a day{curved}, {1 - bulk_share:.0%} of them interactive"

    def arrivals(self, start_s: float, length_s: float, rng: np.random.Generator, factor: float = 1) -> Arrivals:
        """See `Traffic`. Drawn at the highest rate of the stretch and thinned to the curve (Lewis and Shedler 1979)."""
        middles = (np.arange(-1, HOURS + 1) + 0.5) * HOUR_S
        rates = np.array([self.hourly_per_s[-1], *self.hourly_per_s, self.hourly_per_s[0]]) / factor
        most = rates.max()
        at_s = np.sort(rng.uniform(0, length_s, rng.poisson(most * length_s)))
        kept = rng.random(len(at_s)) * most < np.interp((start_s + at_s) % DAY_S, middles, rates)
        at_s = at_s[kept]
        return Arrivals(at_s, rng.random(len(at_s)) < self._bulk_share)


class RecordedTraffic:
    """Shots that were seen to arrive.

    Args:
        recorded: All of them.
        name: Where they come from, for people.
    """

    def __init__(self, recorded: Arrivals, name: str) -> None:
        self._recorded = recorded
        self.length_s = float(recorded.at_s[-1])
        edges = np.arange(0, max(self.length_s, 1e-9) + HOUR_S, HOUR_S)
        counts, _ = np.histogram(recorded.at_s, edges)
        lasted = np.minimum(HOUR_S, np.maximum(self.length_s - edges[:-1], 1e-9))
        self.hourly_per_s = [float(rate) for rate in counts / lasted]
        self.told = f"{len(recorded.at_s):,} arrivals of {name} within {self.length_s / HOUR_S:.2f} hours"

    @classmethod
    def read(cls, file: Path) -> Self:
        """A CSV file with a head: `at_s`, seconds from any moment, and if there are any `kind`, interactive or bulk.

        Raises:
            InvalidInput: It can't be read, lacks `at_s`, or holds fewer than two arrivals or something else.
        """
        try:
            with file.open(newline="", encoding="utf-8") as opened:
                rows = [(float(row["at_s"]), row.get("kind") or "interactive") for row in csv.DictReader(opened)]
        except OSError as error:
            raise InvalidInput(f"arrivals {str(file)!r} can't be read: {error.strerror}", field="arrivals") from error
        except (KeyError, ValueError, TypeError) as error:
            raise InvalidInput(
                f"{str(file)!r} holds no arrivals: wanted is a column at_s with seconds", field="arrivals"
            ) from error
        if strange := {kind for _, kind in rows} - {"interactive", "bulk"}:
            raise InvalidInput(
                f"an arrival's kind is interactive or bulk, got {sorted(strange)[0]!r}", field="arrivals"
            )
        if len(rows) < 2 or not np.isfinite([at_s for at_s, _ in rows]).all():
            raise InvalidInput(f"{str(file)!r} holds fewer than two arrivals, or endless seconds", field="arrivals")
        rows.sort()
        at_s = np.array([at_s for at_s, _ in rows])
        return cls(Arrivals(at_s - at_s[0], np.array([kind == "bulk" for _, kind in rows])), file.name)

    def arrivals(self, start_s: float, length_s: float, rng: np.random.Generator, factor: float = 1) -> Arrivals:
        """See `Traffic`."""
        at_s = self._recorded.at_s
        within = (at_s >= start_s) & (at_s < start_s + length_s)
        found = Arrivals(at_s[within] - start_s, self._recorded.bulk[within])
        return found.thinned(factor, rng) if factor > 1 else found

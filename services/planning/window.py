"""Stretches of a day that stand for all of it."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from services.planning.traffic import HOUR_S, Traffic

#: Shots simulated in a window at most; one hour at most.
SHOTS: Final = 20_000
#: A window is so many times as long as a shot at least, so that queues come to rest within it; in seconds at least.
_SHOTS_LONG: Final = 30
_SHORTEST_S: Final = 60.0
#: The warm-up, in times a shot takes.
_WARM_UP: Final = 10
#: Rates closer than this are taken for the same.
_ALIKE: Final = 0.05


@dataclass(frozen=True)
class Window:
    """A stretch of a day that is simulated, warm-up included.

    A `factor` above 1 says that only one of so many shots is simulated, chosen at random, on so much fewer replicas.
    Poisson arrivals thinned at random are Poisson arrivals. A smaller pool at the same utilisation makes its shots wait
    longer (Erlang C falls with the number of servers), so what a thinned window promises, the whole keeps.

    Args:
        name: What it stands for.
        hour: Hour of the traffic in whose middle it lies.
        per_s: Shots per second in that hour.
        start_s, warm_up_s, length_s: Of the traffic's time; the warm-up comes first and is not counted in the length.
        factor: One of so many shots is simulated.
    """

    name: str
    hour: int
    per_s: float
    start_s: float
    warm_up_s: float
    length_s: float
    factor: float = 1.0

    @property
    def simulated_per_s(self) -> float:
        """Shots per second in the simulation."""
        return self.per_s / self.factor


def windows_of(traffic: Traffic, shot_s: float, shots: int = SHOTS) -> list[Window]:
    """The quietest hour, one nearest to the mean and the busiest; a single one where they are alike.

    Args:
        traffic: The day.
        shot_s: What a shot takes alone, in seconds.
        shots: Simulated in a window at most.
    """
    rates = traffic.hourly_per_s
    hours = sorted(range(len(rates)), key=lambda hour: rates[hour])
    valley, peak = hours[0], hours[-1]
    if rates[peak] - rates[valley] <= _ALIKE * rates[peak]:
        return [_window("steady", peak, traffic, shot_s, shots)]
    mean = sum(rates) / len(rates)
    middle = min(hours, key=lambda hour: abs(rates[hour] - mean))
    named = [("valley", valley), ("mean", middle), ("peak", peak)]
    return [_window(name, hour, traffic, shot_s, shots) for name, hour in named if rates[hour] > 0]


def steepest_rise(traffic: Traffic, shot_s: float, shots: int) -> Window | None:
    """The hour in which traffic grows most, from the middle of one to the middle of the next; None: it never grows."""
    rates = traffic.hourly_per_s
    growths = [
        (after - before, hour)
        for hour, (before, after) in enumerate(pairwise(rates))
        if (hour + 1.5) * HOUR_S <= traffic.length_s
    ]
    growth, hour = max(growths, default=(0.0, 0))
    if growth <= _ALIKE * max(rates):
        return None
    warm_up_s = _WARM_UP * shot_s
    per_s = (rates[hour] + rates[hour + 1]) / 2
    start_s = (hour + 0.5) * HOUR_S - warm_up_s
    return Window("rise", hour, per_s, start_s, warm_up_s, HOUR_S, max(1.0, per_s * HOUR_S / shots))


def _window(name: str, hour: int, traffic: Traffic, shot_s: float, shots: int) -> Window:
    """In the middle of its hour, and no longer than it, warm-up included."""
    per_s, begin_s = traffic.hourly_per_s[hour], hour * HOUR_S
    hour_s = min(HOUR_S, traffic.length_s - begin_s)
    warm_up_s = min(_WARM_UP * shot_s, hour_s / 4)
    length_s = min(hour_s - warm_up_s, max(shots / per_s, _SHORTEST_S, _SHOTS_LONG * shot_s))
    start_s = begin_s + (hour_s - length_s - warm_up_s) / 2
    return Window(name, hour, per_s, start_s, warm_up_s, length_s, max(1.0, per_s * length_s / shots))

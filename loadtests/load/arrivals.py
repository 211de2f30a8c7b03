"""At which moments calls come."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from loadtests.arrivals import poisson
from loadtests.load.profile import Arrivals
from services.planning.traffic import CURVES

Moments = NDArray[np.float64]


def moments(arrivals: Arrivals, per_s: float, length_s: float, rng: np.random.Generator) -> Moments:
    """All of a phase.

    Args:
        arrivals: By which pattern.
        per_s: Calls per second on average; the last of a ramp.
        length_s: The phase's length, in seconds.
        rng: Draws them.

    Returns:
        (n,) seconds from the phase's beginning, ascending, all below `length_s`.
    """
    match arrivals.pattern:
        case "even":
            return np.arange(0, length_s, 1 / per_s)
        case "poisson":
            return poisson(per_s, length_s, rng)
        case "bursts":
            return np.repeat(poisson(per_s / arrivals.size, length_s, rng), arrivals.size)
        case "ramp":
            first, last = arrivals.from_per_s, per_s
            return _thinned(lambda at_s: first + (last - first) * at_s / length_s, max(first, last), length_s, rng)
        case "day":
            return _day(per_s, length_s, rng)


def _day(per_s: float, length_s: float, rng: np.random.Generator) -> Moments:
    shares: Final = np.array(CURVES["evening"], float)
    rates = per_s * shares / shares.mean()
    middles = (np.arange(len(shares)) + 0.5) * length_s / len(shares)
    return _thinned(
        lambda at_s: np.interp(at_s, middles, rates, period=length_s), float(rates.max()), length_s, rng
    )  # fmt: skip


def _thinned(
    rate: Callable[[Moments], Moments], most_per_s: float, length_s: float, rng: np.random.Generator
) -> Moments:
    """Poisson at a rate that changes: each of more arrivals stays with the chance that it has at its moment
    (Lewis and Shedler, 1979)."""
    at_s = poisson(most_per_s, length_s, rng)
    return at_s[rng.uniform(0, most_per_s, len(at_s)) < rate(at_s)]

"""What calls come to."""

import statistics
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from loadtests.peers.callers import OK
from loadtests.peers.load import GAVE_UP, Call, Stretch


def percentile(seconds: Sequence[float], of_hundred: float) -> float | None:
    """By linear interpolation; None of nothing."""
    return float(np.percentile(seconds, of_hundred)) if seconds else None


def latency(calls: Sequence[Call]) -> dict[str, Any]:
    """Of those that got their picture, in seconds; and the outcomes of all."""
    took_s = [each.took_s for each in calls if each.outcome == OK]
    return {
        "n": len(took_s),
        "p50_s": percentile(took_s, 50),
        "p95_s": percentile(took_s, 95),
        "p99_s": percentile(took_s, 99),
        "least_s": min(took_s, default=None),
        "most_s": max(took_s, default=None),
        "outcomes": dict(Counter(each.outcome for each in calls)),
    }


def throughput(stretch: Stretch) -> float | None:
    """Pictures per second, from the first call to the last answer, so that nothing that was made is left out. At its
    end, when clients stop, a peer is not all busy any more; that is alike for all.

    Returns:
        None where nothing was made.
    """
    ended_s = [each.ended_s for each in stretch.calls if each.outcome == OK]
    return len(ended_s) / (max(ended_s) - stretch.began_s) if ended_s else None


def median(values: Sequence[float | None]) -> float | None:
    """Of what was measured."""
    known = [each for each in values if each is not None]
    return statistics.median(known) if known else None


def overload(stretch: Stretch) -> dict[str, Any]:
    """How callers fared while more came than can be served.

    Returns:
        `goodput_per_s`: pictures per second in the last two thirds of the time in which calls came, when queues are
        full; `accepted`: latency of those that got theirs; `told_no_s`: median seconds until one was refused, or gave
        up waiting; `answered`, `refused`, `gave_up`: shares of all.
    """
    third_s = (stretch.ended_s - stretch.began_s) / 3
    calls, accepted = stretch.calls, [each for each in stretch.calls if each.outcome == OK]
    late = [each for each in accepted if stretch.began_s + third_s <= each.ended_s < stretch.ended_s]
    turned_away = [each for each in calls if each.outcome != OK]
    waited = [each for each in turned_away if each.outcome == GAVE_UP]
    return {
        "offered_per_s": stretch.per_s,
        "goodput_per_s": len(late) / (2 * third_s),
        "accepted": latency(accepted),
        "told_no_s": percentile([each.took_s for each in turned_away], 50),
        "answered": len(accepted) / max(1, len(calls)),
        "refused": (len(turned_away) - len(waited)) / max(1, len(calls)),
        "gave_up": len(waited) / max(1, len(calls)),
        "n": len(calls),
    }


def added(without: Sequence[Call], through: Sequence[Call]) -> dict[str, Any]:
    """What calls take more than their neighbours of the same turn.

    Args:
        without, through: Turn by turn, of the same photos.
    """
    pairs = [
        (short.took_s, long.took_s)
        for short, long in zip(without, through, strict=True)
        if short.outcome == long.outcome == OK
    ]
    more_ms = [1000 * (long - short) for short, long in pairs]
    base_ms = median([1000 * short for short, _ in pairs])
    middle_ms = median(more_ms)
    return {
        "n": len(pairs),
        "ms": middle_ms,
        "q1_ms": percentile(more_ms, 25),
        "q3_ms": percentile(more_ms, 75),
        "of_ms": base_ms,
        "share": middle_ms / base_ms if middle_ms is not None and base_ms else None,
    }

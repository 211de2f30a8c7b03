"""Whether what a service takes has stayed the same."""

import statistics
from collections.abc import Callable, Sequence
from typing import Final

from loadtests.soak.samples import Sample

#: Growth that is none: of the last third's median over the first's, after the warm-up.
ALLOWED: Final = 0.05


def growth(samples: Sequence[Sample], number: Callable[[Sample], float]) -> float:
    """How much the median of the last third is above that of the first, as a share of it.

    Args:
        samples: After the warm-up, in their order; three or more.
        number: What is looked at; above 0.

    Raises:
        ValueError: There are fewer than three.
    """
    if len(samples) < 3:
        raise ValueError(f"expected three samples or more after the warm-up, got {len(samples)}")
    third = len(samples) // 3
    first, last = (statistics.median(map(number, part)) for part in (samples[:third], samples[-third:]))
    return last / first - 1


def growths(samples: Sequence[Sample]) -> dict[str, float]:
    """Of each deployment's memory (PSS) and descriptors.

    Args:
        samples: After the warm-up, in their order.
    """
    found = {}
    for deployment in samples[0].replicas:
        found[f"{deployment} memory"] = growth(samples, lambda each, of=deployment: each.of(of).pss_mb)
        found[f"{deployment} descriptors"] = growth(samples, lambda each, of=deployment: each.of(of).descriptors)
    return found


def faults(found: dict[str, float], blobs_left: int, failed: dict[str, int]) -> list[str]:
    """What speaks against the service; nothing, where all is well.

    Args:
        found: Growths, as shares.
        blobs_left: More files than at the beginning, when all results are swept.
        failed: Calls that failed, by kind.
    """
    told = [f"{name} grew by {share:.1%}" for name, share in found.items() if share > ALLOWED]
    if blobs_left > 0:
        told.append(f"{blobs_left} blobs are left that no sweep removes")
    return told + [f"{count} calls failed: {kind}" for kind, count in failed.items()]

"""How many samples a batch may hold."""

import time
from collections.abc import Callable
from typing import Final

from services.common.errors import Overloaded, TooLarge, VitrineError
from services.generate.diffusion.estimates import DECODE, PREPARE, STEP, Estimates
from services.generate.diffusion.sample import Bucket

#: After this a larger batch is tried again: who took the memory may have gone.
CEILING_HOLDS_S: Final = 300.0
RETRY_AFTER_S: Final = 10.0


class BatchLimits:
    """The most samples that fit, by what batches were seen to take and by what did not, and that are worthwhile.

    Args:
        estimates: Know what a sample takes.
        budget_bytes: Memory for a batch beside the networks; None = not known, so only `max_batch` and what did not
            fit count.
        max_batch: Samples at most.
        clock: Seconds from any fixed point.
    """

    def __init__(
        self,
        estimates: Estimates,
        budget_bytes: int | None,
        max_batch: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._estimates = estimates
        self._budget_bytes = budget_bytes
        self._max_batch = max_batch
        self._clock = clock
        self._ceilings: dict[Bucket, tuple[int, float]] = {}
        self._drawn: set[Bucket] = set()

    def limit(self, bucket: Bucket) -> int:
        """Samples that a batch may hold, at least one; fewer than fit where more would not be drawn any faster."""
        limit = self._max_batch
        each = self._estimates.bytes_per_sample(bucket, STEP)
        if each and self._budget_bytes is not None:
            limit = min(limit, self._budget_bytes // each)
        ceiling, until = self._ceilings.get(bucket, (limit, 0.0))
        if self._clock() < until:
            limit = min(limit, ceiling)
        return self._estimates.worthwhile(bucket, max(1, limit))

    def check(self, bucket: Bucket) -> None:
        """Refuse what is known not to fit.

        Raises:
            TooLarge: One sample alone takes more than there is.
        """
        each = self._estimates.bytes_per_sample(bucket, PREPARE, STEP, DECODE)
        if each is not None and self._budget_bytes is not None and each > self._budget_bytes:
            raise _too_large(bucket)

    def fitted(self, bucket: Bucket) -> None:
        """Take in that a sample of that size went through."""
        self._drawn.add(bucket)

    def fell_short(self, bucket: Bucket, batch: int) -> None:
        """Take in that a batch did not fit: for a while at most half as many are tried."""
        self._ceilings[bucket] = max(1, batch // 2), self._clock() + CEILING_HOLDS_S

    def refusal(self, bucket: Bucket) -> VitrineError:
        """What to answer a request that did not even fit alone.

        A size that went through before will do so again once the memory is free: Overloaded. One that never did is
        beyond this machine, and trying again would not help: TooLarge.
        """
        if bucket in self._drawn:
            return Overloaded(
                "the machine's memory does not suffice at the moment; try again later", retry_after_s=RETRY_AFTER_S
            )
        return _too_large(bucket)


def _too_large(bucket: Bucket) -> TooLarge:
    height, width = bucket.latent_hw
    return TooLarge(
        f"a picture of {width} x {height} latent cells takes more memory than this machine has; ask for a smaller one",
        field="canvas", got=[height, width],
    )  # fmt: skip

"""Token buckets: a steady rate with room for bursts, the same for all gateway replicas."""

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Self

from sqlalchemy.orm import Session

from services.common.errors import RateLimited
from services.database.rows import locked_row
from services.database.tables import RateBucket
from services.tenants.allowance import Allowance
from services.tenants.caller import Limits


@dataclass(frozen=True)
class Bucket:
    """How full a bucket is; it fills with `rate_per_s` tokens a second up to `burst` (https://en.wikipedia.org/wiki/Token_bucket)."""

    rate_per_s: float
    burst: int
    tokens: float
    at_s: float

    def at(self, now_s: float) -> Self:
        """The same bucket later. Clocks of replicas may differ: one that is behind finds no time gone by."""
        now_s = max(now_s, self.at_s)
        tokens = min(self.burst, self.tokens + (now_s - self.at_s) * self.rate_per_s)
        return type(self)(self.rate_per_s, self.burst, tokens, now_s)

    def without(self, tokens: float) -> Self:
        """After so many tokens were taken."""
        return type(self)(self.rate_per_s, self.burst, self.tokens - tokens, self.at_s)

    def seconds_until(self, tokens: float) -> float:
        """How long until it holds so many."""
        return max(0.0, (tokens - self.tokens) / self.rate_per_s)

    @property
    def allowance(self) -> Allowance:
        """What is told of it."""
        return Allowance(
            limit=self.burst,
            remaining=max(0, math.floor(self.tokens)),
            reset_s=math.ceil(self.seconds_until(self.burst)),
            window_s=max(1, math.ceil(self.burst / self.rate_per_s)),
        )


class RateLimiter:
    """Takes tokens from a tenant's bucket, which lies in the database.

    Args:
        now: Unix time in seconds.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now

    def take(self, session: Session, tenant: str, limits: Limits) -> Allowance | RateLimited:
        """One token, in the session's transaction.

        Args:
            session: In a transaction that may write.
            tenant: Whose bucket.
            limits: Its rate, above 0, and its burst.

        Returns:
            What is left; or the refusal, which is returned and not raised so that the transaction counts.
        """
        now_s = self._now()
        row = locked_row(session, RateBucket, {"tenant": tenant}, {"tokens": limits.burst, "at_s": now_s})
        bucket = Bucket(limits.rate_per_s, limits.burst, row.tokens, row.at_s).at(now_s)
        refused = bucket.tokens < 1
        bucket = bucket if refused else bucket.without(1)
        row.tokens, row.at_s = bucket.tokens, bucket.at_s
        if not refused:
            return bucket.allowance
        return RateLimited(
            f"the tenant asks for more than {limits.rate_per_s:g} pictures per second ({limits.burst} at once); "
            "try again later",
            retry_after_s=round(bucket.seconds_until(1), 3),
            **asdict(bucket.allowance),
        )

"""Quotas: how many pictures, and how many megapixels of them, a tenant gets in a day or a month."""

import datetime
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.orm import Session

from services.common.errors import QuotaExceeded
from services.database.rows import locked_row
from services.database.tables import QuotaPeriod
from services.tenants.caller import Limits

Length = Literal["day", "month"]


@dataclass(frozen=True)
class Period:
    """A day or a month, UTC, in Unix seconds."""

    begins_s: float
    ends_s: float

    @classmethod
    def around(cls, now_s: float, length: Length) -> "Period":
        """The period that a moment lies in."""
        begin = datetime.datetime.fromtimestamp(now_s, datetime.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        if length == "day":
            return cls(begin.timestamp(), (begin + datetime.timedelta(days=1)).timestamp())
        begin = begin.replace(day=1)
        end = (begin + datetime.timedelta(days=32)).replace(day=1)
        return cls(begin.timestamp(), end.timestamp())


@dataclass(frozen=True)
class Used:
    """What of a quota is used in a period, work in progress included."""

    period: Period
    items: int
    megapixels: float


@dataclass(frozen=True)
class Reserved:
    """Pictures that were counted before they are made, and when the period began that they are counted in."""

    period_s: float
    items: int


class Quotas:
    """Counts pictures before they are made, so that no number of replicas makes one too many; megapixels, which are
    known only afterwards, can be overdrawn by what is at work at once.

    Args:
        length: Of the periods.
        now: Unix time in seconds.
    """

    def __init__(self, length: Length, now: Callable[[], float] = time.time) -> None:
        self._length = length
        self._now = now

    def reserve(self, session: Session, tenant: str, limits: Limits) -> float:
        """Count one picture that is about to be made.

        Returns:
            When the period began that it was counted in, for `release` and `charge`.

        Raises:
            QuotaExceeded: The quota is used up; tells when the next period begins.
        """
        return self.reserve_some(session, tenant, limits, 1).period_s

    def reserve_some(self, session: Session, tenant: str, limits: Limits, most: int) -> Reserved:
        """Count as many of `most` pictures as the quota has left, at least one.

        Raises:
            QuotaExceeded: The quota is used up; tells when the next period begins.
        """
        now_s = self._now()
        period = Period.around(now_s, self._length)
        row = _row(session, tenant, period.begins_s)
        if 0 < limits.quota_items <= row.items:
            raise self._used_up(f"{row.items} of {limits.quota_items} pictures", period)
        if 0 < limits.quota_megapixels <= row.megapixels:
            raise self._used_up(f"{row.megapixels:.1f} of {limits.quota_megapixels:g} megapixels", period)
        items = min(most, limits.quota_items - row.items) if limits.quota_items else most
        row.items += items
        return Reserved(period.begins_s, items)

    def release(self, session: Session, tenant: str, period_s: float, items: int = 1) -> None:
        """Give back pictures that were not made."""
        _row(session, tenant, period_s).items -= items

    def charge(self, session: Session, tenant: str, period_s: float, megapixels: float) -> None:
        """Count the size of a picture that was made."""
        _row(session, tenant, period_s).megapixels += megapixels

    def used(self, session: Session, tenant: str) -> Used:
        """What is used of the quota of now."""
        period = Period.around(self._now(), self._length)
        row = session.get(QuotaPeriod, (tenant, period.begins_s))
        return Used(period, row.items if row else 0, row.megapixels if row else 0.0)

    def _used_up(self, what: str, period: Period) -> QuotaExceeded:
        return QuotaExceeded(
            f"the tenant's quota of this {self._length} is used up: {what}; it begins anew at 0:00 UTC",
            retry_after_s=int(period.ends_s - self._now()) + 1,
        )


def _row(session: Session, tenant: str, began_s: float) -> QuotaPeriod:
    return locked_row(session, QuotaPeriod, {"tenant": tenant, "began_s": began_s}, {"items": 0, "megapixels": 0.0})

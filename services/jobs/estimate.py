"""What a job is likely to take: time, and money."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from sqlalchemy import ColumnElement, func, literal, select
from sqlalchemy.orm import Session

from services.api.jobs import JobEstimate, JobState
from services.common.job_settings import JobSettings
from services.database.tables import JobRow, JobShare, Tenant, UsageRow
from services.tenants.accounts import Accounts
from services.tenants.caller import Limits
from services.tenants.quota import Quotas
from services.tenants.usage import STAGES

#: The service's last pictures that tell how it does, and as few as say anything.
_RECENT: Final = 500
_LEAST: Final = 3


@dataclass(frozen=True)
class Asked:
    """A job to be.

    Args:
        items: Its pictures.
        megapixels: Of those whose size is known.
        unsized: Pictures whose size is not.
        priority: Among the tenant's jobs.
    """

    items: int
    megapixels: float = 0.0
    unsized: int = 0
    priority: int = 0


@dataclass(frozen=True)
class _Recent:
    """The service's last pictures: seconds of all stages and megapixels of one, and how many it made in a second while
    it was at work. 0 where there are too few."""

    item_s: float = 0.0
    megapixels: float = 0.0
    rate_per_s: float = 0.0


class Estimator:
    """Tells beforehand, from what the service did lately.

    Args:
        accounts: Know everybody's weight.
        quotas: Know what is left.
        settings: The prices.
    """

    def __init__(self, accounts: Accounts, quotas: Quotas, settings: JobSettings) -> None:
        self._accounts = accounts
        self._quotas = quotas
        self._settings = settings

    def of(self, session: Session, tenant: str, limits: Limits, asked: Asked) -> JobEstimate:
        """The estimate.

        Args:
            session: Any.
            tenant: Whose job.
            limits: The tenant's.
            asked: The job.
        """
        recent = _recent(session)
        share = session.get(JobShare, tenant)
        item_s = share.item_s if share is not None and share.item_s else recent.item_s
        megapixels = asked.megapixels + asked.unsized * recent.megapixels
        cost = asked.items * self._settings.price_item + megapixels * self._settings.price_megapixel
        return JobEstimate(
            items=asked.items,
            compute=asked.items * item_s,
            duration=self._duration_s(session, tenant, limits, asked, recent.rate_per_s, item_s),
            cost=cost,
            currency=self._settings.currency,
            quota_items_left=self._left(session, tenant, limits),
        )

    def _duration_s(
        self, session: Session, tenant: str, limits: Limits, asked: Asked, rate_per_s: float, item_s: float
    ) -> float:
        """When the last item ends if items are shared out by weight: by then every other tenant has had as much more or
        less as its weight is, or all that it has."""
        if not rate_per_s:
            return 0.0
        own = asked.items + self._ahead(session, tenant, asked.priority)
        done = float(own)
        for other, queued in self._queued(session).items():
            if other != tenant:
                weight = self._accounts.limits(session.get(Tenant, other)).job_weight
                done += min(queued, own * weight / limits.job_weight)
        at_once_s = own * item_s / limits.job_running if limits.job_running else 0.0
        return max(done / rate_per_s, at_once_s)

    def _ahead(self, session: Session, tenant: str, priority: int) -> int:
        """The tenant's own items that go before."""
        before = (JobRow.tenant == tenant) & (JobRow.state == JobState.ACTIVE) & (JobRow.priority >= priority)
        return session.scalar(select(func.sum(_not_ended())).where(before)) or 0

    def _queued(self, session: Session) -> dict[str, int]:
        active = select(JobRow.tenant, func.sum(_not_ended()).label("items")).where(JobRow.state == JobState.ACTIVE)
        return {row.tenant: int(row.items) for row in session.execute(active.group_by(JobRow.tenant))}

    def _left(self, session: Session, tenant: str, limits: Limits) -> int | None:
        if not limits.quota_items:
            return None
        return max(0, limits.quota_items - self._quotas.used(session, tenant).items)


def _not_ended() -> ColumnElement[int]:
    return JobRow.queued + JobRow.waiting + JobRow.running


def _recent(session: Session) -> _Recent:
    compute_s = sum((getattr(UsageRow, f"{stage}_s") for stage in STAGES), literal(0.0)).label("compute_s")
    # Rows without a picture are of attempts that failed, and would make pictures look dear.
    last = select(UsageRow.at_s, UsageRow.items, UsageRow.megapixels, compute_s).where(UsageRow.items > 0)
    rows = sorted(session.execute(last.order_by(UsageRow.id.desc()).limit(_RECENT)), key=lambda row: row.at_s)
    items = sum(row.items for row in rows)
    if items < _LEAST:
        return _Recent()
    # Between two ends the service was at work no longer than the later picture took; before that it was idle.
    busy_s = sum(min(later.at_s - row.at_s, later.compute_s) for row, later in pairwise(rows))
    rate_per_s = (items - rows[0].items) / busy_s if busy_s else 0.0
    return _Recent(sum(row.compute_s for row in rows) / items, sum(row.megapixels for row in rows) / items, rate_per_s)

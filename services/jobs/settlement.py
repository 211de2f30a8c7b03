"""What hangs on items that were at work: counts, turns, quotas, the ledger, and their jobs' ends."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.database.tables import JobItemRow, JobRow, JobShare
from services.jobs.moves import Moves
from services.jobs.share import learned_s
from services.jobs.states import ItemState
from services.tenants.caller import Limits
from services.tenants.quota import Quotas
from services.tenants.usage import Line, UsageLedger, Work

#: How the ledger calls what is done with an item.
_CALLS: Final = {"shot": "CreateShot", "cutout": "CreateCutout", "lint": "LintPhoto"}


class Settlement:
    """One transaction's items that were at work. They move at once; what many share is done once, at `close`.

    Args:
        session: With the tenants' locks.
        moves: Move items.
        quotas: Get back what was not made.
        ledger: Where work is written down.
        shares: The locks, by tenant.
        limits: Of the tenants.
        items: All that may be moved.
    """

    def __init__(
        self,
        session: Session,
        moves: Moves,
        quotas: Quotas,
        ledger: UsageLedger,
        shares: Mapping[str, JobShare],
        limits: Mapping[str, Limits],
        items: Iterable[JobItemRow],
    ) -> None:
        self._session = session
        self._moves = moves
        self._quotas = quotas
        self._ledger = ledger
        self._shares = shares
        self._limits = limits
        jobs = select(JobRow).where(JobRow.id.in_({item.job_id for item in items}))
        found = session.scalars(jobs.execution_options(populate_existing=True))
        self._jobs = {job.id: job for job in found}
        self._released = Counter[tuple[str, float]]()
        self._megapixels = defaultdict[tuple[str, float], float](float)
        self._lines: list[Line] = []
        self._ended = defaultdict[str, list[JobItemRow]](list)

    def job(self, item: JobItemRow) -> JobRow:
        """Whose item it is."""
        return self._jobs[item.job_id]

    def move(self, item: JobItemRow, target: ItemState, work: Work, spent_s: float | None, **values: Any) -> None:
        """Move an item on that was at work.

        Args:
            item: As read with its tenant's lock.
            target: Where to.
            work: What was done.
            spent_s: What its tenant is charged in the end, in seconds before its weight; None: what was charged stays.
            values: Further columns to set.
        """
        job = self.job(item)
        share = self._shares[job.tenant]
        share.running -= 1
        if spent_s is not None:
            share.virtual_s += spent_s / self._limits[job.tenant].job_weight - item.charged_s
        # Nothing at work, nothing charged: so rounding does not pile up.
        share.charged_s = max(0.0, share.charged_s - item.charged_s) if share.running else 0.0
        job.compute_s += sum(work.stage_s.values())
        period = job.tenant, item.period_s
        if target is ItemState.SUCCEEDED:
            if spent_s is not None:
                share.item_s = learned_s(share.item_s, spent_s)
            job.megapixels += work.megapixels
            self._megapixels[period] += work.megapixels
        else:
            self._released[period] += 1
        if target in (ItemState.SUCCEEDED, ItemState.FAILED):
            self._ended[job.id].append(item)
        # What stages did for an attempt that came to nothing was done for its tenant too, as a row without a picture.
        if target in (ItemState.SUCCEEDED, ItemState.FAILED) or work.stage_s:
            self._lines.append(Line(job.tenant, _CALLS[job.method], f"{job.id}/{item.number}", work))
        self._moves.item(job, item, target, lease_until_s=None, **values)

    def close(self) -> None:
        """Do what many items share."""
        with self._session.no_autoflush:  # all of it is written at once
            for tenant, period_s in sorted(self._released.keys() | self._megapixels.keys()):
                if items := self._released[tenant, period_s]:
                    self._quotas.release(self._session, tenant, period_s, items)
                if megapixels := self._megapixels[tenant, period_s]:
                    self._quotas.charge(self._session, tenant, period_s, megapixels)
        self._session.flush()
        self._ledger.add_all(self._session, self._lines)
        for job in self._jobs.values():
            self._moves.settle(self._session, job, self._ended[job.id])
        # Another job's items may have waited for a place.
        for share in self._shares.values():
            self._moves.wake(self._session, share)

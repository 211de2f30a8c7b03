"""What dispatchers ask of the store: items to work on, leases, and a place for what became of them."""

import random
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import ColumnElement, func, literal_column, select
from sqlalchemy.orm import Session

from services.common.job_settings import JobSettings
from services.database.tables import JobItemRow, JobRow, JobShare
from services.database.tables.jobs import READY_JOBS
from services.jobs.beginnings import Beginnings
from services.jobs.endings import Endings, ItemId, items_of
from services.jobs.moves import Moves
from services.jobs.schema import Backlog, Held, Outcome, Task
from services.jobs.states import ItemState
from services.tenants.accounts import Accounts
from services.tenants.quota import Quotas
from services.tenants.usage import UsageLedger

#: Of leases, of waits and of tenants that one transaction ends.
_BATCH: Final = 200


class Queue:
    """The items of all tenants' jobs, for those who work on them. Every call takes part in the session's transaction,
    takes the locks that it needs by itself, and wants to be its first; a transaction that fails changes nothing.

    Args:
        moves: Move items and jobs.
        accounts: Know weights and caps.
        quotas: Count pictures.
        ledger: Where work is written down.
        settings: Leases and waits.
        now: Unix time in seconds.
        chance: Spreads the waits.
    """

    def __init__(
        self,
        moves: Moves,
        accounts: Accounts,
        quotas: Quotas,
        ledger: UsageLedger,
        settings: JobSettings,
        now: Callable[[], float] = time.time,
        chance: random.Random | None = None,
    ) -> None:
        self._moves = moves
        self._accounts = accounts
        self._beginnings = Beginnings(moves, accounts, quotas, settings, now)
        self._endings = Endings(moves, accounts, quotas, ledger, settings, now, chance)
        self._lease_s = settings.lease_s
        self._now = now

    def claim(self, session: Session, owner: str, most: int) -> list[Task]:
        """Items to work on, each with a lease: of the tenants that had the least for their weight, of each by its jobs'
        priority, then age, then by number; no more than a tenant's cap and quota leave.

        Args:
            session: In a transaction that may write.
            owner: The dispatcher's name, drawn when it starts.
            most: At most so many.
        """
        return self._beginnings.claim(session, owner, most)

    def renew(self, session: Session, owner: str, tasks: Sequence[Task]) -> Held:
        """Lengthen the leases of what a dispatcher has at work. It names all that it knows of, so that what it was
        given without hearing of it, as when its connection broke, lapses.

        Args:
            session: In a transaction that may write.
            owner: The dispatcher's name.
            tasks: What it has at work.
        """
        self._moves.shares(session, (task.tenant for task in tasks))
        items = items_of(session, [(task.job_id, task.number) for task in tasks])
        held, stop = set(), set()
        for task in tasks:
            item = items.get((task.job_id, task.number))
            if item is None or (item.state, item.owner, item.fence) != (ItemState.RUNNING, owner, task.fence):
                continue
            item.lease_until_s = self._now() + self._lease_s
            held.add(task.claim)
            if item.stop:
                stop.add(task.claim)
        return Held(frozenset(held), frozenset(stop))

    def finish(self, session: Session, owner: str, outcomes: Sequence[Outcome]) -> list[bool]:
        """Write down what became of claims. The same again, as when the end of the transaction was not heard of, counts
        once.

        Returns:
            Of each whether it counts; where not, the claim was lost, and what was made for it is nobody's.
        """
        return self._endings.finish(session, owner, outcomes)

    def reap(self, session: Session) -> int:
        """Make items ready again whose lease or whose wait is over, and tenants whose quota may have room again.

        Returns:
            How many were found; where any were, there may be more.
        """
        now_s = self._now()
        lapsed = self._due(session, JobItemRow.lease_until_s <= now_s, "RUNNING")
        waited = self._due(session, JobItemRow.retry_at_s <= now_s, "WAITING")
        held = session.scalars(
            select(JobShare.tenant).where(JobShare.held_until_s > 0, JobShare.held_until_s <= now_s).limit(_BATCH)
        ).all()
        shares = self._moves.shares(session, [*lapsed, *waited, *held])
        self._endings.lapse(session, shares, [each for ids in lapsed.values() for each in ids])
        self._queue_again(session, [each for ids in waited.values() for each in ids])
        for tenant in held:
            shares[tenant].held_until_s = 0.0
            self._moves.wake(session, shares[tenant])
        return len(held) + sum(map(len, [*lapsed.values(), *waited.values()]))

    def backlog(self, session: Session) -> Backlog:
        """What waits, and since when, as far as caps and quotas let it begin; and what is at work."""
        now_s = self._now()
        waiting = (
            select(
                JobRow.tenant, func.sum(JobRow.queued), func.min(JobRow.created_s),
                JobShare.running, JobShare.held_until_s,
            )
            .join(JobShare, JobShare.tenant == JobRow.tenant)
            .where(READY_JOBS)
            .group_by(JobRow.tenant, JobShare.running, JobShare.held_until_s)
        )  # fmt: skip
        rows = session.execute(waiting).all()
        limits = self._accounts.limits_of(session, [tenant for tenant, *_ in rows])
        oldest_s, queued = 0.0, 0
        for tenant, items, since_s, running, held_until_s in rows:
            cap = limits[tenant].job_running
            startable = min(items, max(0, cap - running)) if cap else items
            if startable and held_until_s <= now_s:
                queued += startable
                oldest_s = max(oldest_s, now_s - since_s)
        return Backlog(oldest_s, queued, session.scalar(select(func.sum(JobShare.running))) or 0)

    def _due(self, session: Session, over: ColumnElement[bool], state: str) -> dict[str, list[ItemId]]:
        """Items of that state whose time is over, by tenant. The state is told literally, so that an index fits."""
        due = (
            select(JobRow.tenant, JobItemRow.job_id, JobItemRow.number)
            .join(JobRow, JobRow.id == JobItemRow.job_id)
            .where(JobItemRow.state == literal_column(f"'{state}'"), over)
            .limit(_BATCH)
        )
        found = defaultdict[str, list[ItemId]](list)
        for tenant, job_id, number in session.execute(due):
            found[tenant].append((job_id, number))
        return found

    def _queue_again(self, session: Session, ids: Sequence[ItemId]) -> None:
        numbers = defaultdict[str, list[int]](list)
        for job_id, number in ids:
            numbers[job_id].append(number)
        jobs = select(JobRow).where(JobRow.id.in_(numbers)).execution_options(populate_existing=True)
        for job in session.scalars(jobs):
            self._moves.items(session, job, ItemState.WAITING, ItemState.QUEUED, numbers[job.id], retry_at_s=None)
            self._moves.settle(session, job)

"""Every change of a job and of its items goes through here, so that states, counts, versions and events agree."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, Protocol

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.orm import Session

from services.api.jobs import JobState
from services.common.errors import NotFound, WrongState
from services.database.rows import locked_row
from services.database.tables import JobItemRow, JobRow, JobShare
from services.database.tables.jobs import READY_JOBS
from services.jobs.share import start_s
from services.jobs.states import ENDED_ITEMS, ENDED_JOBS, ITEM_WAYS, JOB_WAYS, ItemState

_NOTHING: Final = {
    "ready": False, "virtual_s": 0.0, "charged_s": 0.0, "running": 0, "item_s": 0.0, "held_until_s": 0.0,
}  # fmt: skip


class Announcer(Protocol):
    """Is told, in the transaction that makes it true, what callers may want to hear of; see `services.webhooks`."""

    def job_ended(self, session: Session, job: JobRow) -> None:
        """A job is done, or cancelled and at rest."""

    def items_ended(self, session: Session, job: JobRow, items: Sequence[JobItemRow]) -> None:
        """Items succeeded or failed."""

    def wants_items(self, session: Session, tenant: str) -> bool:
        """Whether `items_ended` is worth calling for this tenant."""


class Silence:
    """The announcer that tells nobody."""

    def job_ended(self, session: Session, job: JobRow) -> None:
        """Nothing."""

    def items_ended(self, session: Session, job: JobRow, items: Sequence[JobItemRow]) -> None:
        """Nothing."""

    def wants_items(self, session: Session, tenant: str) -> bool:  # noqa: ARG002 - of the protocol
        """Never."""
        return False


class Moves:
    """Moves items and jobs from state to state. Every call takes part in the session's transaction, in which `share`
    was called for the tenant before: its row is the lock of all the tenant's jobs.

    Args:
        announcer: Hears of ends.
        now: Unix time in seconds.
    """

    def __init__(self, announcer: Announcer | None = None, now: Callable[[], float] = time.time) -> None:
        self._announcer: Announcer = announcer or Silence()
        self._now = now

    def share(self, session: Session, tenant: str) -> JobShare:
        """Take the lock of a tenant's jobs; whoever needs several tenants' takes them in the order of their names."""
        return locked_row(session, JobShare, {"tenant": tenant}, _NOTHING)

    def shares(self, session: Session, tenants: Iterable[str]) -> dict[str, JobShare]:
        """Take the locks of several tenants that have jobs, in the order in which no two wait for each other."""
        those = select(JobShare).where(JobShare.tenant.in_(set(tenants))).order_by(JobShare.tenant).with_for_update()
        found = session.scalars(those.execution_options(populate_existing=True))
        return {share.tenant: share for share in found}

    def wake(self, session: Session, share: JobShare) -> None:
        """Let a tenant take part in the next claims, if an item of it may begin."""
        if share.ready or share.held_until_s > self._now():
            return
        ready = select(JobRow.id).where(JobRow.tenant == share.tenant, READY_JOBS).limit(1)
        if session.scalar(ready) is None:
            return
        others = JobShare.tenant != share.tenant
        taking_part = select(func.min(JobShare.virtual_s - JobShare.charged_s)).where(JobShare.ready, others)
        highest_s = session.scalar(select(func.max(JobShare.virtual_s)).where(others))
        share.virtual_s = start_s(share.virtual_s, session.scalar(taking_part), highest_s or 0.0)
        share.ready = True

    def job(self, session: Session, tenant: str, job_id: str) -> JobRow:
        """A tenant's job as it is now.

        Raises:
            NotFound: It has no such job; the same, whether somebody else has one or nobody.
        """
        own = select(JobRow).where(JobRow.id == job_id, JobRow.tenant == tenant)
        job = session.scalar(own.execution_options(populate_existing=True))
        if job is None:
            raise NotFound("there is no such job", field="job_id")
        return job

    def items(
        self,
        session: Session,
        job: JobRow,
        source: ItemState,
        target: ItemState,
        numbers: Sequence[int] | None = None,
        **values: Any,
    ) -> int:
        """Move items of a job.

        Args:
            session: With the tenant's lock.
            job: Whose.
            source: Only items in this state are moved.
            target: To this one.
            numbers: Only these; None: all.
            values: Further columns to set.

        Returns:
            How many were moved.

        Raises:
            ValueError: There is no such way.
        """
        if target not in ITEM_WAYS[source]:
            raise ValueError(f"an item can't go from {source} to {target}")
        if numbers is not None and not numbers:
            return 0
        # Unique and growing with the number, in one statement for any number of items.
        version = job.version + 1 + JobItemRow.number
        ended_s = self._now() if target in ENDED_ITEMS else None
        change = update(JobItemRow).where(JobItemRow.job_id == job.id, JobItemRow.state == source)
        if numbers is not None:
            change = change.where(JobItemRow.number.in_(numbers))
        change = change.values({"state": target, "version": version, "ended_s": ended_s, **values})
        moved = _count(session.execute(change.execution_options(synchronize_session=False)))
        if moved:
            job.version += job.total + 1
            setattr(job, source.column, getattr(job, source.column) - moved)
            setattr(job, target.column, getattr(job, target.column) + moved)
        return moved

    def item(self, job: JobRow, item: JobItemRow, target: ItemState, **values: Any) -> None:
        """Move one item that was read with the tenant's lock, and set further columns of it.

        Raises:
            ValueError: There is no way from where it is.
        """
        source = ItemState(item.state)
        if target not in ITEM_WAYS[source]:
            raise ValueError(f"an item can't go from {source} to {target}")
        job.version += 1
        item.state, item.version = target, job.version
        item.ended_s = self._now() if target in ENDED_ITEMS else None
        for name, value in values.items():
            setattr(item, name, value)
        setattr(job, source.column, getattr(job, source.column) - 1)
        setattr(job, target.column, getattr(job, target.column) + 1)

    def to(self, session: Session, job: JobRow, target: JobState) -> None:
        """Move a job.

        Raises:
            WrongState: There is no way from where it is; tells both states.
        """
        if target not in JOB_WAYS[JobState(job.state)]:
            raise WrongState(f"the job is {job.state} and can't become {target}", field="job_id", state=job.state)
        if target == JobState.ACTIVE and not job.complete:
            raise WrongState("the job's creation is not over", field="job_id", state=job.state)
        job.state = target
        job.version += 1
        if target in ENDED_JOBS:
            job.ended_s = self._now()
            job.open = job.swept = False
            session.flush()
            self._announcer.job_ended(session, job)
        else:
            job.ended_s = None
        self._wake(session, job)

    def cancel(self, session: Session, job: JobRow) -> None:
        """Begin no further item of a job, and tell those at work to stop.

        Raises:
            WrongState: The job has ended.
        """
        self.to(session, job, JobState.CANCELLING)
        job.open = False
        for waiting in (ItemState.QUEUED, ItemState.WAITING):
            self.items(session, job, waiting, ItemState.CANCELLED)
        if job.running:
            stop = update(JobItemRow).where(JobItemRow.job_id == job.id, JobItemRow.state == ItemState.RUNNING)
            session.execute(stop.values(stop=True))
        self.settle(session, job)

    def settle(self, session: Session, job: JobRow, ended: Sequence[JobItemRow] = ()) -> None:
        """End a job whose items have all ended, tell of items that did, and let the tenant take part in the next claims
        if one may begin; to be called after items were moved.

        Args:
            session: With the tenant's lock.
            job: Whose items were moved.
            ended: Those that succeeded or failed.
        """
        if ended and self._announcer.wants_items(session, job.tenant):
            session.flush()
            self._announcer.items_ended(session, job, ended)
        if job.queued + job.waiting + job.running or job.open:
            self._wake(session, job)
            return
        if job.state == JobState.CANCELLING:
            self.to(session, job, JobState.CANCELLED)
        elif job.state in (JobState.ACTIVE, JobState.PAUSED):
            self.to(session, job, JobState.DONE)

    def _wake(self, session: Session, job: JobRow) -> None:
        if job.state == JobState.ACTIVE and job.queued:
            self.wake(session, session.get_one(JobShare, job.tenant))


def _count(result: object) -> int:
    return result.rowcount if isinstance(result, CursorResult) else 0

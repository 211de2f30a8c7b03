"""What callers do with jobs that are there: look at them, stop them, go on with them."""

import time
from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from services.api.jobs import Job, JobState
from services.common.errors import NotFound, WrongState
from services.database.tables import JobItemRow, JobRow, JobShare
from services.jobs.moves import Moves
from services.jobs.room import Room
from services.jobs.states import ENDED_JOBS, ItemState
from services.jobs.told import job_told

#: What `waiting_for` says of a tenant that may have no more pictures for now.
_QUOTA: Final = "quota_exceeded"


class Register:
    """Tells of jobs, and moves them as callers wish. Every call takes part in the session's transaction.

    A job whose time is over is gone for callers, also while it is still being removed, and one whose creation is not
    complete is not there yet.

    Args:
        moves: The one way of changing them.
        room: How many items may wait.
        now: Unix time in seconds.
    """

    def __init__(self, moves: Moves, room: Room, now: Callable[[], float] = time.time) -> None:
        self._moves = moves
        self._room = room
        self._now = now

    def get(self, session: Session, tenant: str, job_id: str) -> Job:
        """A job.

        Raises:
            NotFound: The tenant has no such job.
        """
        return self.told(session, self.find(session, tenant, job_id))

    def find(self, session: Session, tenant: str, job_id: str) -> JobRow:
        """A job's row.

        Raises:
            NotFound: The tenant has no such job.
        """
        job = self._moves.job(session, tenant, job_id)
        if not job.complete or job.expires_s <= self._now():
            raise NotFound("there is no such job", field="job_id")
        return job

    def held(self, session: Session, tenant: str, job_id: str) -> JobRow:
        """A job's row, with the lock of the tenant's jobs.

        Raises:
            NotFound: The tenant has no such job.
        """
        self._moves.share(session, tenant)
        return self.find(session, tenant, job_id)

    def told(self, session: Session, job: JobRow) -> Job:
        """A job as callers are told of it."""
        return job_told(job, self.waiting_for(session, job))

    def waiting_for(self, session: Session, job: JobRow) -> str:
        """Why none of a job's items begins although it is active; empty where nothing is in the way."""
        if job.state != JobState.ACTIVE or not job.queued + job.waiting:
            return ""
        share = session.get(JobShare, job.tenant)
        return _QUOTA if share is not None and share.held_until_s > self._now() else ""

    def cancel(self, session: Session, tenant: str, job_id: str, keys: Sequence[str] = ()) -> Job:
        """End a job, or some of its items. What is at work is told to stop; what has ended stays as it is.

        Raises:
            NotFound: The tenant has no such job, or the job no such item.
            WrongState: All of the job is to be cancelled, and it is done.
        """
        job = self.held(session, tenant, job_id)
        if not keys:
            if job.state not in (JobState.CANCELLING, JobState.CANCELLED):
                self._moves.cancel(session, job)
            return self.told(session, job)
        numbers = _numbers(session, job, keys)
        for waiting in (ItemState.QUEUED, ItemState.WAITING):
            self._moves.items(session, job, waiting, ItemState.CANCELLED, numbers)
        at_work = (JobItemRow.state == ItemState.RUNNING) & JobItemRow.number.in_(numbers)
        session.execute(update(JobItemRow).where(JobItemRow.job_id == job.id, at_work).values(stop=True))
        if job.state not in ENDED_JOBS:
            self._moves.settle(session, job)
        return self.told(session, job)

    def pause(self, session: Session, tenant: str, job_id: str) -> Job:
        """Begin no further item of a job.

        Raises:
            NotFound: The tenant has no such job.
            WrongState: It has ended, or is about to.
        """
        return self._to(session, tenant, job_id, JobState.PAUSED)

    def resume(self, session: Session, tenant: str, job_id: str) -> Job:
        """Go on with a job that is paused.

        Raises:
            NotFound: The tenant has no such job.
            WrongState: It has ended, or is about to.
        """
        return self._to(session, tenant, job_id, JobState.ACTIVE)

    def retry(self, session: Session, tenant: str, job_id: str, keys: Sequence[str] = ()) -> tuple[Job, int]:
        """Give failed items all their attempts again; a job that is done goes on then.

        Args:
            session: In a transaction that may write.
            tenant, job_id: Which job.
            keys: Only those of these items that failed; empty: all that did.

        Returns:
            The job, and how many items are tried again.

        Raises:
            NotFound: The tenant has no such job, or the job no such item.
            WrongState: It was cancelled.
            Overloaded: Too many of the tenant's items would wait.
        """
        job = self.held(session, tenant, job_id)
        if job.state in (JobState.CANCELLING, JobState.CANCELLED):
            raise WrongState(f"the job is {job.state} and can't be retried", field="job_id", state=job.state)
        numbers = _numbers(session, job, keys) if keys else None
        retried = self._moves.items(
            session, job, ItemState.FAILED, ItemState.QUEUED, numbers,
            attempts=0, stop=False, retry_at_s=None, error_code=None, error=None,
        )  # fmt: skip
        if retried and job.state == JobState.DONE:
            self._moves.to(session, job, JobState.ACTIVE)
        elif retried:
            self._moves.settle(session, job)
        if retried:
            self._room.require(session, tenant)
        return self.told(session, job), retried

    def close(self, session: Session, tenant: str, job_id: str) -> Job:
        """Take no more items; a job whose items have all ended ends.

        Raises:
            NotFound: The tenant has no such job.
        """
        job = self.held(session, tenant, job_id)
        if job.open:
            job.open = False
            job.version += 1
            self._moves.settle(session, job)
        return self.told(session, job)

    def expire(self, session: Session, tenant: str, job_id: str) -> None:
        """Make an ended job's time be over. It is gone for callers then, and its key may be used again.

        Raises:
            NotFound: The tenant has no such job.
            WrongState: The job has not ended.
        """
        job = self.held(session, tenant, job_id)
        if job.state not in ENDED_JOBS:
            raise WrongState(
                f"the job is {job.state}; only one that has ended is deleted: cancel it first",
                field="job_id", state=job.state,
            )  # fmt: skip
        job.key, job.expires_s = None, self._now()

    def give_up(self, session: Session, tenant: str, job_id: str) -> None:
        """End a creation that is not complete: its key may be used again, and the sweeper removes its items.

        Raises:
            NotFound: It is complete, or gone.
        """
        self._moves.share(session, tenant)
        job = self._moves.job(session, tenant, job_id)
        if job.complete:
            raise NotFound("there is no such creation", field="job_id")
        if job.total:
            job.key, job.expires_s = None, min(job.expires_s, self._now())
        else:
            session.delete(job)

    def _to(self, session: Session, tenant: str, job_id: str, target: JobState) -> Job:
        job = self.held(session, tenant, job_id)
        if job.state in ENDED_JOBS:  # the way from DONE to ACTIVE is `retry`
            raise WrongState(f"the job is {job.state} and can't become {target}", field="job_id", state=job.state)
        if job.state != target:
            self._moves.to(session, job, target)
        return self.told(session, job)


def _numbers(session: Session, job: JobRow, keys: Sequence[str]) -> list[int]:
    """The numbers of items.

    Raises:
        NotFound: The job has no item of one of the keys.
    """
    own = select(JobItemRow.key, JobItemRow.number).where(JobItemRow.job_id == job.id, JobItemRow.key.in_(keys))
    found = {row.key: row.number for row in session.execute(own)}
    missing = next((key for key in keys if key not in found), None)
    if missing is not None:
        raise NotFound(f"the job has no item of the key {missing!r}", field="keys")
    return sorted(found.values())

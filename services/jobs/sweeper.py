"""Removes what jobs leave behind: files of attempts that died, and whole jobs whose time is over."""

import re
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import case, delete, exists, select, update

from services.api.jobs import JobState
from services.database.database import Database
from services.database.tables import JobItemRow, JobRow
from services.database.tables.jobs import UNSWEPT_JOBS
from services.jobs.files import PICTURES, files_of, remove_files
from services.jobs.moves import Moves
from services.jobs.states import ENDED_JOBS, ItemState
from services.storage.blobs import BlobStore

#: Jobs that one round looks at.
_JOBS: Final = 500
#: Rows that are removed at once.
_ROWS: Final = 5000
#: How a result's file is called: by its item and the fence of the claim that made it.
_MADE_BY: Final = re.compile(r"(\d{1,9})-(\d{1,9})-.*")
#: A tenant, and a job of it.
_Place = tuple[str, str]


@dataclass(frozen=True)
class Removed:
    """What one round removed."""

    jobs: int = 0
    files: int = 0


class JobSweeper:
    """Removes what nobody can ask for any more. Several at once do no harm, and the next one goes on where one died.

    Args:
        database: Where jobs are.
        moves: End what has to end first.
        blobs: Where their files are.
        now: Unix time in seconds.
        rest_s: How long an ended job is left alone, for workers that outlived their leases; in seconds.
    """

    def __init__(
        self,
        database: Database,
        moves: Moves,
        blobs: BlobStore,
        now: Callable[[], float] = time.time,
        rest_s: float = 60.0,
    ) -> None:
        self._database = database
        self._moves = moves
        self._blobs = blobs
        self._now = now
        self._rest_s = rest_s

    def sweep(self) -> Removed:
        """One round: orphans of jobs that ended since the last, and jobs that expired, their items and files with them.
        Jobs that expire before they end are cancelled, and removed by a later round.

        Raises:
            StorageUnavailable: The database or the blob store does not answer.
        """
        files = self._remove_orphans()
        gone = [place for place in self._expired() if self._take_down(*place)]
        for tenant, job_id in gone:
            files += remove_files(self._blobs, tenant, job_id)
            self._forget(tenant, job_id)
        return Removed(len(gone), files)

    def _expired(self) -> list[_Place]:
        due = select(JobRow.tenant, JobRow.id).where(JobRow.expires_s <= self._now()).order_by(JobRow.expires_s)
        with self._database.reading() as session:
            return [(tenant, job_id) for tenant, job_id in session.execute(due.limit(_JOBS))]

    def _take_down(self, tenant: str, job_id: str) -> bool:
        """Whether a job may be removed now; from then on nobody finds it. One that has not ended is cancelled first."""
        with self._database.transaction() as session:
            self._moves.share(session, tenant)
            job = session.get(JobRow, job_id)
            if job is None or job.expires_s > self._now():
                return False
            if job.complete and job.state not in ENDED_JOBS:
                if job.state != JobState.CANCELLING:
                    self._moves.cancel(session, job)
                return False
            if job.complete and (job.ended_s or 0.0) > self._now() - self._rest_s:
                return False
            job.complete = False
            return True

    def _forget(self, tenant: str, job_id: str) -> None:
        """Remove rows, in transactions that nobody waits long for."""
        item = JobItemRow.job_id == job_id
        some = select(JobItemRow.number).where(item).limit(_ROWS)
        while True:
            with self._database.transaction() as session:
                self._moves.share(session, tenant)
                if session.scalar(select(exists().where(item))):
                    session.execute(delete(JobItemRow).where(item, JobItemRow.number.in_(some)))
                else:
                    session.execute(delete(JobRow).where(JobRow.id == job_id))
                    return

    def _remove_orphans(self) -> int:
        before_s = self._now() - self._rest_s
        ended = select(JobRow.tenant, JobRow.id).where(UNSWEPT_JOBS, JobRow.ended_s <= before_s).limit(_JOBS)
        with self._database.reading() as session:
            places = [(tenant, job_id) for tenant, job_id in session.execute(ended)]
        suspects = self._suspects([job_id for _, job_id in places])
        removed = 0
        of_tenant = defaultdict[str, list[str]](list)
        for tenant, job_id in places:
            of_tenant[tenant].append(job_id)
            for keys in files_of(self._blobs, PICTURES, tenant, job_id) if job_id in suspects else ():
                orphans = self._orphans(job_id, keys)
                self._blobs.delete(orphans)
                removed += len(orphans)
        for tenant, ids in of_tenant.items():
            with self._database.transaction() as session:
                self._moves.share(session, tenant)
                swept = update(JobRow).where(JobRow.id.in_(ids), UNSWEPT_JOBS, JobRow.ended_s <= before_s)
                session.execute(swept.values(swept=True))
        return removed

    def _suspects(self, ids: Collection[str]) -> set[str]:
        """Which jobs had claims that made no result: only theirs may have left files."""
        results = case((JobItemRow.state == ItemState.SUCCEEDED, 1), else_=0)
        vain = exists().where(JobItemRow.job_id == JobRow.id, JobItemRow.fence > results)
        with self._database.reading() as session:
            return set(session.scalars(select(JobRow.id).where(JobRow.id.in_(ids), vain)))

    def _orphans(self, job_id: str, keys: Sequence[str]) -> list[str]:
        """Which of a job's files no result names. A file of a claim that is newer than what is read here is none: the
        job may have been retried meanwhile."""
        made_by = {key: _made_by(key) for key in keys}
        chosen = select(JobItemRow).where(
            JobItemRow.job_id == job_id, JobItemRow.number.in_({number for number, _ in made_by.values()})
        )
        with self._database.reading() as session:
            items = {item.number: item for item in session.scalars(chosen)}
        return [key for key, (number, fence) in made_by.items() if _is_orphan(key, fence, items.get(number))]


def _made_by(key: str) -> tuple[int, int]:
    """A file's item and fence; -1 and 0 where its name tells none."""
    found = _MADE_BY.fullmatch(key.rpartition("/")[2])
    return (int(found[1]), int(found[2])) if found else (-1, 0)


def _is_orphan(key: str, fence: int, item: JobItemRow | None) -> bool:
    if item is None:
        return True
    if fence > item.fence or (fence == item.fence and item.state == ItemState.RUNNING):
        return False
    return f'"{key}"' not in (item.result or "")

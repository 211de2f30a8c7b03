"""How jobs and their items come into the store."""

import time
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from services.api.jobs import MAX_ITEMS, JobState
from services.common.errors import Conflict, InvalidInput, TooLarge, WrongState
from services.common.job_settings import JobSettings
from services.database.tables import JobItemRow, JobRow
from services.jobs.moves import Moves
from services.jobs.room import Room
from services.jobs.schema import NewItem, NewJob
from services.jobs.states import ItemState

#: Items that one transaction adds at most, so that nobody waits long for it.
MAX_ADDED: Final = 5000
#: A creation that adds nothing for so long has died.
_CREATION_S: Final = 900.0

_NEW_ITEM: Final = {
    "state": ItemState.QUEUED, "attempts": 0, "fence": 0, "stop": False, "period_s": 0.0, "charged_s": 0.0,
}  # fmt: skip


class Entry:
    """Takes jobs in: `begin`, any number of `add` in transactions of their own, then `finish`. Until then nothing of
    the job begins, and what dies on the way is swept.

    Args:
        moves: Move what was added.
        settings: How many items may wait.
        now: Unix time in seconds.
    """

    def __init__(self, moves: Moves, settings: JobSettings, now: Callable[[], float] = time.time) -> None:
        self._moves = moves
        self._room = Room(settings.max_queued)
        self._now = now

    def begin(self, session: Session, tenant: str, new: NewJob) -> JobRow:
        """A job without items, to which only its creation adds any.

        Args:
            session: In a transaction that may write.
            tenant: Whose.
            new: What it is to be.

        Returns:
            The job; where one of its key is `complete`, that one. A creation of the same key that is not, is given up:
            its next step fails.

        Raises:
            Conflict: The key was used for another job.
        """
        self._moves.share(session, tenant)
        now_s = self._now()
        if new.key and (known := self._known(session, tenant, new.key)) is not None:
            if known.complete and known.expires_s > now_s:
                if known.digest == new.digest:
                    return known
                raise Conflict(
                    "the idempotency key was used for another job; take a new key for a new job",
                    field="idempotency-key",
                )
            known.key = None
            known.expires_s = min(known.expires_s, now_s)
            session.flush()
        counts = dict.fromkeys((state.column for state in ItemState), 0)
        job = JobRow(
            id=uuid.uuid4().hex, tenant=tenant, name=new.name, key=new.key or None, digest=new.digest,
            state=JobState.PAUSED, open=True, complete=False, method=new.method, recipe=new.recipe,
            priority=new.priority, max_attempts=new.max_attempts, created_s=now_s, ended_s=None,
            expires_s=now_s + _CREATION_S, version=1, total=0, compute_s=0.0, megapixels=0.0, swept=False, **counts,
        )  # fmt: skip
        session.add(job)
        session.flush()
        return job

    def add(self, session: Session, job: JobRow, items: Sequence[NewItem]) -> int:
        """Add items to a job that is open, behind those that it has; of a key that it has already, none is added.

        Args:
            session: With the tenant's lock (`Moves.share`).
            job: As read with it.
            items: At most `MAX_ADDED`.

        Returns:
            How many were added.

        Raises:
            WrongState: The job takes no more items.
            InvalidInput: Two of the items have the same key, or one without a key has a number that is another's key.
            Overloaded: Too many of the tenant's items wait.
            TooLarge: The job would have more items than one may have.
        """
        self._require_open(job)
        rows = self._rows(job, items, self._taken(session, job, items))
        if not rows:
            return 0
        if job.total + len(rows) > MAX_ITEMS:
            raise TooLarge(f"a job has at most {MAX_ITEMS} items", field="items", limit=MAX_ITEMS)
        self._room.require(session, job.tenant, len(rows))
        session.execute(insert(JobItemRow), rows)
        job.total += len(rows)
        job.queued += len(rows)
        job.version += len(rows)
        if job.complete:
            self._moves.settle(session, job)
        else:
            job.expires_s = self._now() + _CREATION_S
        return len(rows)

    def finish(self, session: Session, job: JobRow, new: NewJob) -> None:
        """End a job's creation: from now on its items begin.

        Args:
            session: With the tenant's lock.
            job: As read with it; one that is complete stays as it is.
            new: What it is to be.

        Raises:
            WrongState: The creation was given up.
        """
        if job.complete:
            return
        self._require_open(job)
        job.complete = True
        job.open = new.open
        job.expires_s = self._now() + new.keep_s
        self._moves.to(session, job, JobState.ACTIVE)
        self._moves.settle(session, job)

    def _known(self, session: Session, tenant: str, key: str) -> JobRow | None:
        return session.scalar(select(JobRow).where(JobRow.tenant == tenant, JobRow.key == key))

    def _require_open(self, job: JobRow) -> None:
        if not job.open:
            raise WrongState(f"the job is {job.state} and takes no more items", field="job_id", state=job.state)
        if job.expires_s <= self._now():
            raise WrongState("the job's time is over, or its creation was begun anew", field="job_id", state=job.state)

    def _taken(self, session: Session, job: JobRow, items: Sequence[NewItem]) -> set[str]:
        """Which of the keys that these items may get the job has already."""
        if not job.total or not items:
            return set()
        keys = {item.key for item in items if item.key}
        if len(keys) < len(items):
            keys.update(str(job.total + place) for place in range(len(items)))
        known = select(JobItemRow.key).where(JobItemRow.job_id == job.id, JobItemRow.key.in_(keys))
        return set(session.scalars(known))

    def _rows(self, job: JobRow, items: Sequence[NewItem], taken: Collection[str]) -> list[dict[str, Any]]:
        used = Counter(item.key for item in items if item.key)
        if used and (most := used.most_common(1)[0])[1] > 1:
            raise InvalidInput(
                f"two items have the key {most[0]!r}; each needs one of its own", field="items", key=most[0]
            )
        rows: list[dict[str, Any]] = []
        for item in items:
            if item.key in taken:
                continue
            number = job.total + len(rows)
            if not item.key and (str(number) in used or str(number) in taken):
                raise InvalidInput(
                    f"an item without a key is known by its number, but {number} is another item's key; "
                    "give every item a key, or none",
                    field="items",
                    key=str(number),
                )
            rows.append(
                {
                    "job_id": job.id, "number": number, "key": item.key or str(number), "image": item.image,
                    "overrides": item.overrides, "version": job.version + 1 + len(rows), **_NEW_ITEM,
                }
            )  # fmt: skip
        return rows

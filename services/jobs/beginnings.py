"""How items are claimed: whose turn it is, as far as caps and quotas let them."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from services.api.jobs import MAX_PRIORITY
from services.common.errors import QuotaExceeded
from services.common.job_settings import JobSettings
from services.database.tables import JobItemRow, JobRow, JobShare
from services.database.tables.jobs import READY_JOBS
from services.jobs.moves import Moves
from services.jobs.schema import METHODS, Method, Task
from services.jobs.share import UNKNOWN_ITEM_S, Turn, deal
from services.jobs.states import ItemState
from services.tenants.accounts import Accounts
from services.tenants.caller import Limits
from services.tenants.quota import Quotas

#: Tenants looked at beside those that could get a turn, as some may turn out to have nothing that could begin.
_SPARE: Final = 4
#: A quota that is used up is looked at again after so long, as an operator may have given more.
_HELD_S: Final = 60.0
_METHODS: Final[dict[str, Method]] = {method: method for method in METHODS}

#: A tenant's jobs of the highest priority below one, the oldest first; and a job's first items. Made once, as making
#: a statement takes longer than SQLite takes to answer it.
_BELOW: Final = JobRow.tenant == bindparam("of"), READY_JOBS, JobRow.priority < bindparam("below")
_HIGHEST_JOBS: Final = (
    select(JobRow)
    .where(*_BELOW, JobRow.priority == select(func.max(JobRow.priority)).where(*_BELOW).scalar_subquery())
    .order_by(JobRow.created_s, JobRow.id)
    .limit(bindparam("most"))
    .execution_options(populate_existing=True)
)
_FIRST_ITEMS: Final = (
    select(JobItemRow)
    .where(JobItemRow.job_id == bindparam("of"), JobItemRow.state == ItemState.QUEUED)
    .order_by(JobItemRow.number)
    .limit(bindparam("most"))
    .execution_options(populate_existing=True)
)


@dataclass
class _Candidate:
    """A tenant whose lock is held."""

    share: JobShare
    limits: Limits
    #: In their order; found when it is the tenant's turn.
    jobs: Sequence[JobRow] = ()
    #: How many of its items may begin, and whether there may be others when these have.
    wanted: int = 0
    has_more: bool = False

    @property
    def room(self) -> int | None:
        """How many more of its items may be at work; None: any number."""
        return max(0, self.limits.job_running - self.share.running) if self.limits.job_running else None

    @property
    def item_s(self) -> float:
        """What an item adds to the virtual time."""
        return (self.share.item_s or UNKNOWN_ITEM_S) / self.limits.job_weight


class Beginnings:
    """Claims items for a dispatcher.

    Args:
        moves: Move what is claimed.
        accounts: Know weights and caps.
        quotas: Count pictures before they are made.
        settings: How long a lease is.
        now: Unix time in seconds.
    """

    def __init__(
        self,
        moves: Moves,
        accounts: Accounts,
        quotas: Quotas,
        settings: JobSettings,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._moves = moves
        self._accounts = accounts
        self._quotas = quotas
        self._lease_s = settings.lease_s
        self._now = now

    def claim(self, session: Session, owner: str, most: int) -> list[Task]:
        """At most so many items, see `Queue.claim`."""
        shares = self._shares(session, most)
        limits = self._accounts.limits_of(session, [share.tenant for share in shares])
        candidates = {share.tenant: _Candidate(share, limits[share.tenant]) for share in shares}
        turns = [Turn(name, each.share.virtual_s, each.share.running, each.item_s) for name, each in candidates.items()]
        dealt = deal(turns, most, lambda name: self._look(session, candidates[name], most))
        # Quotas are locked in the order of names, as everywhere. What is read here does not hang on what is changed, so
        # that all of it is written at once.
        with session.no_autoflush:
            return [
                task
                for name in sorted(dealt)
                for task in self._begin(session, owner, candidates[name], dealt[name])
            ]  # fmt: skip

    def _shares(self, session: Session, most: int) -> Sequence[JobShare]:
        """The free locks of those whose turn it is; where others hold all of them, those that are free once the first
        is.
        """
        ready = select(JobShare).where(JobShare.ready).order_by(JobShare.virtual_s, JobShare.running)
        free = ready.limit(most + _SPARE).with_for_update(skip_locked=True).execution_options(populate_existing=True)
        if shares := session.scalars(free).all():
            return shares
        first = session.scalar(ready.with_only_columns(JobShare.tenant).limit(1))
        if first is None:
            return []
        # By its name: a row that is found by what others change keeps its lock when it turns out to be changed, while
        # PostgreSQL waits for the next one, and locks are waited for in the order of names alone. Nothing else is
        # locked yet, so that waiting here blocks nobody.
        self._moves.shares(session, [first])
        return session.scalars(free).all()

    def _look(self, session: Session, candidate: _Candidate, most: int) -> int:
        """How many items of a tenant may begin, as far as there is a use for more."""
        room = candidate.room
        if room != 0:
            candidate.jobs = self._jobs(session, candidate.share.tenant, most)
        queued = sum(job.queued for job in candidate.jobs)
        candidate.wanted = queued if room is None else min(room, queued)
        candidate.has_more = queued >= most and (room is None or room > queued)
        if not candidate.wanted:
            candidate.share.ready = False
        return candidate.wanted

    def _jobs(self, session: Session, tenant: str, most: int) -> list[JobRow]:
        """The tenant's jobs that come first and have so many items that could begin, or all that have some."""
        jobs: list[JobRow] = []
        below = MAX_PRIORITY + 1
        while sum(job.queued for job in jobs) < most:
            found = session.scalars(_HIGHEST_JOBS, {"of": tenant, "below": below, "most": most}).all()
            if not found:
                break
            jobs += found
            below = found[-1].priority
        return jobs

    def _begin(self, session: Session, owner: str, candidate: _Candidate, most: int) -> list[Task]:
        share = candidate.share
        try:
            reserved = self._quotas.reserve_some(session, share.tenant, candidate.limits, most)
        except QuotaExceeded as refusal:
            share.held_until_s = self._now() + min(_HELD_S, float(refusal.details["retry_after_s"]))
            share.ready = False
            return []
        share.held_until_s = 0.0
        tasks: list[Task] = []
        for job in candidate.jobs:
            if len(tasks) < reserved.items:
                tasks += self._begin_of(session, owner, candidate, job, reserved.period_s, reserved.items - len(tasks))
        share.running += len(tasks)
        share.virtual_s += len(tasks) * candidate.item_s
        share.charged_s += len(tasks) * candidate.item_s
        share.ready = candidate.has_more or len(tasks) < candidate.wanted
        return tasks

    def _begin_of(
        self, session: Session, owner: str, candidate: _Candidate, job: JobRow, period_s: float, most: int
    ) -> list[Task]:
        """A job's first items."""
        items = session.scalars(_FIRST_ITEMS, {"of": job.id, "most": most}).all()
        now_s = self._now()
        for item in items:
            self._moves.item(
                job, item, ItemState.RUNNING, owner=owner, lease_until_s=now_s + self._lease_s, began_s=now_s,
                fence=item.fence + 1, attempts=item.attempts + 1, period_s=period_s, charged_s=candidate.item_s,
            )  # fmt: skip
        return [
            Task(
                job.tenant, job.id, item.number, item.key, item.fence, item.attempts, _METHODS[job.method], job.recipe,
                item.overrides, item.image, candidate.limits.content_policy,
                now_s - max(job.created_s, item.retry_at_s or 0.0),
            )
            for item in items
        ]  # fmt: skip

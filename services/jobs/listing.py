"""Jobs and items in pages, and what of a job changed."""

import datetime
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from services.api.jobs import ItemState as ToldState
from services.api.jobs import Job, JobItem, ListJobItemsRequest, ListJobsRequest, ListJobsResponse
from services.common.errors import InvalidInput
from services.database.tables import JobItemRow, JobRow
from services.jobs.page import page_token, place_of
from services.jobs.register import Register
from services.jobs.states import ENDED_JOBS, ItemState
from services.jobs.told import item_told

#: Entries of a page where the caller does not say.
_JOBS_PAGE: Final = 50
_ITEMS_PAGE: Final = 100


@dataclass(frozen=True)
class Changes:
    """What of a job changed since a version.

    Args:
        job: As it is now.
        items: Those that changed, in the order of their versions.
        more: Whether there are further ones.
    """

    job: Job
    items: list[JobItem]
    more: bool

    @property
    def ended(self) -> bool:
        """Whether nothing more will change."""
        return not self.more and self.job.state in ENDED_JOBS


class Listing:
    """Tells of jobs and items. Every call takes part in the session's transaction.

    Args:
        register: Knows which jobs are there.
        now: Unix time in seconds.
    """

    def __init__(self, register: Register, now: Callable[[], float] = time.time) -> None:
        self._register = register
        self._now = now

    def jobs(self, session: Session, tenant: str, request: ListJobsRequest) -> ListJobsResponse:
        """A page of the tenant's jobs, the newest first.

        Raises:
            InvalidInput: A time or the page's token is malformed.
        """
        question = request.model_dump_json(exclude={"page_size", "page_token"})
        place = place_of(request.page_token, question, float, str)
        chosen = self._chosen(tenant, request)
        if place is not None:
            created_s, job_id = place
            same = (JobRow.created_s == created_s) & (JobRow.id < job_id)
            chosen = chosen.where((JobRow.created_s < created_s) | same)
        size = request.page_size or _JOBS_PAGE
        found = list(session.scalars(chosen.order_by(JobRow.created_s.desc(), JobRow.id.desc()).limit(size + 1)))
        token = page_token(question, [found[size - 1].created_s, found[size - 1].id]) if len(found) > size else ""
        told = [self._register.told(session, job) for job in found[:size]]
        return ListJobsResponse(jobs=told, next_page_token=token)

    def items(self, session: Session, tenant: str, request: ListJobItemsRequest) -> tuple[list[JobItem], str]:
        """A page of a job's items by number, their blobs without addresses, and the token of the next page.

        Raises:
            NotFound: The tenant has no such job.
            InvalidInput: The page's token is malformed.
        """
        job = self._register.find(session, tenant, request.job_id)
        question = request.model_dump_json(exclude={"page_size", "page_token"})
        place = place_of(request.page_token, question, int)
        chosen = select(JobItemRow).where(JobItemRow.job_id == job.id)
        if place is not None:
            chosen = chosen.where(JobItemRow.number > place[0])
        if request.states:
            chosen = chosen.where(JobItemRow.state.in_(_stored(request.states)))
        if request.keys:
            chosen = chosen.where(JobItemRow.key.in_(request.keys))
        size = request.page_size or _ITEMS_PAGE
        found = list(session.scalars(chosen.order_by(JobItemRow.number).limit(size + 1)))
        token = page_token(question, [found[size - 1].number]) if len(found) > size else ""
        return [item_told(item, job.method) for item in found[:size]], token

    def changes(self, session: Session, tenant: str, job_id: str, after_version: int, most: int) -> Changes:
        """What changed since a version.

        Items have the versions of the changes that they were part of, and all changes of a job come one after the
        other. So what is read up to the job's version is complete, and what changes meanwhile has a later one.

        Args:
            session: Any.
            tenant, job_id: Which job.
            after_version: Told before.
            most: Items at most; 0: none, whatever changed.

        Raises:
            NotFound: The tenant has no such job.
            InvalidInput: The job has not come to that version.
        """
        job = self._register.find(session, tenant, job_id)
        if after_version > job.version:
            raise InvalidInput(
                f"after_version: the job's version is {job.version}, got {after_version}",
                field="after_version", got=after_version, limit=job.version,
            )  # fmt: skip
        found: list[JobItemRow] = []
        if most:
            changed = (JobItemRow.version > after_version) & (JobItemRow.version <= job.version)
            chosen = select(JobItemRow).where(JobItemRow.job_id == job.id, changed)
            found = list(session.scalars(chosen.order_by(JobItemRow.version).limit(most + 1)))
        told = [item_told(item, job.method) for item in found[:most]]
        return Changes(self._register.told(session, job), told, len(found) > len(told))

    def versions(self, session: Session, job_ids: Sequence[str]) -> dict[str, int]:
        """The versions of jobs; those that are gone are left out."""
        found = select(JobRow.id, JobRow.version).where(JobRow.id.in_(job_ids))
        return {row.id: row.version for row in session.execute(found)}

    def _chosen(self, tenant: str, request: ListJobsRequest) -> Select[JobRow]:
        there = JobRow.complete.is_(True) & (JobRow.expires_s > self._now())
        chosen = select(JobRow).where(JobRow.tenant == tenant, there)
        if request.states:
            chosen = chosen.where(JobRow.state.in_(request.states))
        if request.name_prefix:
            # LIKE would forget upper and lower case on SQLite.
            chosen = chosen.where(func.substr(JobRow.name, 1, len(request.name_prefix)) == request.name_prefix)
        if request.created_after:
            chosen = chosen.where(JobRow.created_s > _unix_s(request.created_after, "created_after"))
        if request.created_before:
            chosen = chosen.where(JobRow.created_s < _unix_s(request.created_before, "created_before"))
        return chosen


def _stored(states: Sequence[ToldState]) -> list[ItemState]:
    return [state for state in ItemState if state.told in states]


def _unix_s(text: str, field: str) -> float:
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidInput(f"{field}: a time as in RFC 3339 is wanted, such as 2030-01-31T12:00:00Z", field=field)
    return moment.timestamp()

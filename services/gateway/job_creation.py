"""How jobs and their items come in: checked, their bytes stored, made once."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from sqlalchemy.orm import Session

from services.api.jobs import (
    MAX_FAULTS,
    AddJobItemsRequest,
    AddJobItemsResponse,
    CreateJobRequest,
    CreateJobResponse,
    Job,
    JobCounts,
    JobEstimate,
)
from services.api.photo import PhotoRequest
from services.common.deadline import Deadline
from services.common.errors import InvalidInput, VitrineError
from services.common.job_settings import JobSettings
from services.common.logs import logger
from services.database.database import Database
from services.gateway.creations import require_key, to_its_end
from services.gateway.schema import Call
from services.jobs.entry import MAX_ADDED, Entry
from services.jobs.estimate import Asked, Estimator
from services.jobs.files import remove_files
from services.jobs.intake import Checks, Gathered, Intake, Line, inline
from services.jobs.manifest import Manifests, read_lines
from services.jobs.moves import Moves
from services.jobs.recipe import MODELS, method_of
from services.jobs.register import Register
from services.jobs.schema import NewItem, NewJob
from services.storage.blobs import BlobStore

_DAY_S: Final = 86_400
#: Faults of a request that is refused; more are told by a dry run.
_FAULTS: Final = 10
#: Files written to the store at once.
_WRITES: Final = 8
#: Stands for the id of a job that is only checked.
_NO_JOB: Final = "none"


@dataclass(frozen=True)
class JobCreation:
    """Makes jobs, and adds items to those that are open.

    Args:
        database: Where jobs are.
        moves: Take the tenant's lock.
        entry: Takes items in.
        register: Knows what is there.
        estimator: Tells beforehand.
        manifests: Fetch lists of items.
        checks: What items have to pass.
        store: Where bytes come to lie.
        settings: Of jobs.
        fetch_s: Time for a list of items to arrive, in seconds.
    """

    database: Database
    moves: Moves
    entry: Entry
    register: Register
    estimator: Estimator
    manifests: Manifests
    checks: Checks
    store: BlobStore
    settings: JobSettings
    fetch_s: float

    async def create(self, request: CreateJobRequest, call: Call) -> CreateJobResponse:
        """Make a job, or only check it where the request says so.

        Raises:
            InvalidInput: The request or an item of it is wrong; details name the field.
            Conflict: The idempotency key was used for another job.
            Overloaded: Too many of the tenant's items wait.
            VitrineError: The list of items can't be had, or the store or the database does not answer.
        """
        recipe = _recipe(request)
        require_key(call.idempotency_key)
        keep_s = self._keep_s(request)
        if request.validate_only:
            return await self._checked(request, recipe, call)
        new = NewJob(
            method=method_of(recipe), recipe="{}", digest=await asyncio.to_thread(_digest, request), name=request.name,
            key=call.idempotency_key, open=request.open, priority=request.priority,
            max_attempts=request.max_attempts or self.settings.max_attempts, keep_s=keep_s,
        )  # fmt: skip
        job_id, told = await to_its_end(self._begun(call.tenant, new))
        if told is not None:
            return CreateJobResponse(job=told)
        try:
            return await self._made(request, recipe, call, job_id, new)
        except BaseException:
            await self._give_up(call.tenant, job_id)
            raise

    async def add(self, messages: AsyncIterator[AddJobItemsRequest], call: Call) -> AddJobItemsResponse:
        """Add the items of a stream to an open job. What was added stays, also where the stream breaks off.

        Raises:
            InvalidInput: The first message names no job, a later one another, or an item is wrong.
            NotFound: The tenant has no such job.
            WrongState: The job takes no more items.
            Overloaded, TooLarge: Too many of the tenant's items wait, or the job has too many.
        """
        job_id, came, added = "", 0, 0
        intake: Intake | None = None
        async for message in messages:
            if intake is None:
                job_id = _named(message.job_id)
                intake = await self._intake(call.tenant, job_id)
            elif message.job_id not in ("", job_id):
                raise InvalidInput("job_id: all messages of a stream are about one job", field="job_id")
            gathered = await asyncio.to_thread(
                intake.gather, inline(message.items), _FAULTS, numbered=False, first=came
            )
            items = gathered.require()
            await self._store(intake.contents)
            intake.contents.clear()
            came += len(items)
            added += await self._added(call.tenant, job_id, items)
            if message.close:
                await self._closed(call.tenant, job_id)
        _named(job_id)
        job = await self.database.read(lambda session: self.register.get(session, call.tenant, job_id))
        return AddJobItemsResponse(job=job, added=added, known=came - added)

    async def _checked(self, request: CreateJobRequest, recipe: PhotoRequest, call: Call) -> CreateJobResponse:
        _, gathered = await self._gathered(request, recipe, call, _NO_JOB, MAX_FAULTS)
        job = Job(
            name=request.name, open=request.open, counts=JobCounts(total=len(gathered.items)),
            priority=request.priority, max_attempts=request.max_attempts or self.settings.max_attempts,
        )  # fmt: skip
        estimate = await self._estimated(request, gathered, call)
        return CreateJobResponse(job=job, estimate=estimate, faults=gathered.faults)

    async def _made(
        self, request: CreateJobRequest, recipe: PhotoRequest, call: Call, job_id: str, new: NewJob
    ) -> CreateJobResponse:
        intake, gathered = await self._gathered(request, recipe, call, job_id, _FAULTS)
        items = gathered.require()
        estimate = await self._estimated(request, gathered, call)
        await self._store(intake.contents)
        await self._added(call.tenant, job_id, items)
        job = await to_its_end(self._finished(call.tenant, job_id, replace(new, recipe=intake.recipe)))
        return CreateJobResponse(job=job, estimate=estimate)

    async def _gathered(
        self, request: CreateJobRequest, recipe: PhotoRequest, call: Call, job_id: str, most_faults: int
    ) -> tuple[Intake, Gathered]:
        listed = b""
        if request.manifest is not None:
            listed = await self.manifests.fetched(request.manifest, call.tenant, Deadline.after(self.fetch_s))

        def lines() -> Iterator[Line]:
            yield from inline(request.items)
            if request.manifest is not None:
                yield from read_lines(listed, request.manifest.format, method_of(recipe))

        def gather() -> tuple[Intake, Gathered]:
            intake = Intake(self.checks, recipe, call.tenant, job_id)
            gathered = intake.gather(lines(), most_faults)
            if not gathered.items and not gathered.faults:
                if not request.open:
                    raise InvalidInput("items: a job has at least one; or let it be open to add some", field="items")
                intake.check_recipe()
            return intake, gathered

        return await asyncio.to_thread(gather)

    async def _estimated(self, request: CreateJobRequest, gathered: Gathered, call: Call) -> JobEstimate:
        asked = Asked(len(gathered.items), gathered.megapixels, gathered.unsized, request.priority)
        return await self.database.read(lambda session: self.estimator.of(session, call.tenant, call.limits, asked))

    async def _intake(self, tenant: str, job_id: str) -> Intake:
        """For items of a job that is there."""
        job = await self.database.read(lambda session: self.register.find(session, tenant, job_id))
        recipe = MODELS[job.method].model_validate_json(job.recipe)
        return Intake(self.checks, recipe, tenant, job_id)

    async def _store(self, contents: Mapping[str, bytes]) -> None:
        """Write what came as bytes, some files at once; when this fails, none of them is being written any more."""
        keys = list(contents)
        for first in range(0, len(keys), _WRITES):
            writing = [
                asyncio.to_thread(self.store.put, key, contents[key], "application/octet-stream")
                for key in keys[first : first + _WRITES]
            ]
            for outcome in await to_its_end(asyncio.gather(*writing, return_exceptions=True)):
                if isinstance(outcome, BaseException):
                    raise outcome

    async def _begun(self, tenant: str, new: NewJob) -> tuple[str, Job | None]:
        """The job's id; and the job where it was made before."""

        def begin(session: Session) -> tuple[str, Job | None]:
            job = self.entry.begin(session, tenant, new)
            return job.id, self.register.told(session, job) if job.complete else None

        return await self.database.run(begin)

    async def _added(self, tenant: str, job_id: str, items: Sequence[NewItem]) -> int:
        """How many of the items the job had not already."""

        def add(session: Session, some: Sequence[NewItem]) -> int:
            self.moves.share(session, tenant)
            return self.entry.add(session, self.moves.job(session, tenant, job_id), some)

        added = 0
        for first in range(0, len(items), MAX_ADDED):
            added += await self.database.run(partial(add, some=items[first : first + MAX_ADDED]))
        return added

    async def _closed(self, tenant: str, job_id: str) -> None:
        await self.database.run(lambda session: self.register.close(session, tenant, job_id))

    async def _finished(self, tenant: str, job_id: str, new: NewJob) -> Job:
        def finish(session: Session) -> Job:
            self.moves.share(session, tenant)
            job = self.moves.job(session, tenant, job_id)
            job.recipe = new.recipe
            self.entry.finish(session, job, new)
            return self.register.told(session, job)

        return await self.database.run(finish)

    async def _give_up(self, tenant: str, job_id: str) -> None:
        """Take away what there is of a job that came to nothing. What can't be now, the sweeper takes."""

        try:
            await to_its_end(self.database.run(lambda session: self.register.give_up(session, tenant, job_id)))
            await to_its_end(asyncio.to_thread(remove_files, self.store, tenant, job_id))
        except VitrineError as error:  # the call's own error is the one to tell
            logger().warning("what is left of a job could not be removed", error=error.message)

    def _keep_s(self, request: CreateJobRequest) -> float:
        longest_s = self.settings.max_keep_days * _DAY_S
        keep_s = min(self.settings.keep_days * _DAY_S, longest_s) if request.keep is None else request.keep
        if keep_s > longest_s:
            raise InvalidInput(
                f"keep: a job is kept for {longest_s:g} s at most, got {keep_s:g} s",
                field="keep", got=keep_s, limit=longest_s,
            )  # fmt: skip
        return keep_s


def _recipe(request: CreateJobRequest) -> PhotoRequest:
    given = [each for each in (request.shot, request.cutout, request.lint) if each is not None]
    if len(given) != 1:
        raise InvalidInput("a job has one recipe: shot, cutout or lint", field="shot")
    return given[0]


def _named(job_id: str) -> str:
    if not job_id:
        raise InvalidInput("job_id: the stream's first message has to name the job", field="job_id")
    return job_id


def _digest(request: CreateJobRequest) -> bytes:
    """SHA-256 of what is asked for."""
    return hashlib.sha256(request.model_dump_json(exclude_unset=True).encode()).digest()

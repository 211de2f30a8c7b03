"""JobService without a transport."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Self, TypeVar

from services.api.jobs import (
    AddJobItemsRequest,
    AddJobItemsResponse,
    CancelJobRequest,
    CancelJobResponse,
    CreateJobManifestRequest,
    CreateJobManifestResponse,
    CreateJobRequest,
    CreateJobResponse,
    DeleteJobRequest,
    DeleteJobResponse,
    GetJobRequest,
    GetJobResponse,
    JobItem,
    ListJobItemsRequest,
    ListJobItemsResponse,
    ListJobsRequest,
    ListJobsResponse,
    ManifestFormat,
    PauseJobRequest,
    PauseJobResponse,
    ResumeJobRequest,
    ResumeJobResponse,
    RetryJobRequest,
    RetryJobResponse,
    WatchJobRequest,
    WatchJobResponse,
)
from services.common.errors import StorageUnavailable
from services.common.logs import logger
from services.common.settings import Settings
from services.database.database import Database
from services.fetch.bucket import BucketInputs
from services.gateway.creations import to_its_end
from services.gateway.job_creation import JobCreation
from services.gateway.schema import Call
from services.jobs.entry import Entry
from services.jobs.estimate import Estimator
from services.jobs.files import remove_files
from services.jobs.intake import Checks
from services.jobs.listing import Listing
from services.jobs.manifest import Manifests
from services.jobs.moves import Moves
from services.jobs.register import Register
from services.jobs.result_file import ResultFiles
from services.jobs.room import Room
from services.jobs.told import with_addresses
from services.jobs.watch import Watch
from services.storage.blobs import BlobStore
from services.tenants.accounts import Accounts
from services.tenants.quota import Quotas

T = TypeVar("T")

#: Items that a watcher is told of with one look at the database.
_TOLD_AT_ONCE: Final = 500


@dataclass(frozen=True)
class Jobs:
    """Answers JobService's requests. Each method raises `NotFound` where the call's tenant has no such job, and
    `StorageUnavailable` where the database or the store does not answer.

    Args:
        database: Where jobs are.
        creation: Makes them.
        register: Moves them.
        listing: Tells of them.
        files: Writes about them.
        watch: Waits for them.
        store: Where results lie.
        wake: Tells a dispatcher that something is new or is to stop; returns at once.
    """

    database: Database
    creation: JobCreation
    register: Register
    listing: Listing
    files: ResultFiles
    watch: Watch
    store: BlobStore
    wake: Callable[[], None]

    @classmethod
    def open(
        cls,
        settings: Settings,
        database: Database,
        moves: Moves,
        checks: Checks,
        store: BlobStore,
        wake: Callable[[], None] = lambda: None,
    ) -> Self:
        """As the settings say."""
        register = Register(moves, Room(settings.jobs.max_queued))
        listing = Listing(register)
        max_bytes = settings.jobs.max_manifest_mb << 20
        inputs = settings.storage.inputs
        creation = JobCreation(
            database,
            moves,
            Entry(moves, settings.jobs),
            register,
            Estimator(Accounts(settings.tenants), Quotas(settings.tenants.quota_period), settings.jobs),
            Manifests(store, BucketInputs(settings.storage.s3, inputs, max_bytes) if inputs else None, max_bytes),
            checks,
            store,
            settings.jobs,
            settings.limits.default_timeout_s,
        )
        files = ResultFiles(database, listing, store)
        watch = Watch(database, listing.versions, settings.jobs.watch_every_s)
        return cls(database, creation, register, listing, files, watch, store, wake)

    async def create_job(self, request: CreateJobRequest, call: Call) -> CreateJobResponse:
        """Make a job; see `JobCreation.create`."""
        response = await self.creation.create(request, call)
        self.wake()
        return response

    async def add_job_items(self, messages: AsyncIterator[AddJobItemsRequest], call: Call) -> AddJobItemsResponse:
        """Add a stream's items to a job; see `JobCreation.add`."""
        response = await self.creation.add(messages, call)
        self.wake()
        return response

    async def get_job(self, request: GetJobRequest, call: Call) -> GetJobResponse:
        """A job."""
        return GetJobResponse(job=await self._read(self.register.get, call, request.job_id))

    async def list_jobs(self, request: ListJobsRequest, call: Call) -> ListJobsResponse:
        """A page of the tenant's jobs; see `Listing.jobs`."""
        return await self.database.read(lambda session: self.listing.jobs(session, call.tenant, request))

    async def list_job_items(self, request: ListJobItemsRequest, call: Call) -> ListJobItemsResponse:
        """A page of a job's items with their results; see `Listing.items`."""
        items, token = await self.database.read(lambda session: self.listing.items(session, call.tenant, request))
        return ListJobItemsResponse(items=await self._addressed(items), next_page_token=token)

    async def cancel_job(self, request: CancelJobRequest, call: Call) -> CancelJobResponse:
        """End a job, or some of its items; see `Register.cancel`."""
        return CancelJobResponse(job=await self._change(self.register.cancel, call, request.job_id, request.keys))

    async def pause_job(self, request: PauseJobRequest, call: Call) -> PauseJobResponse:
        """Begin no further item; see `Register.pause`."""
        return PauseJobResponse(job=await self._change(self.register.pause, call, request.job_id))

    async def resume_job(self, request: ResumeJobRequest, call: Call) -> ResumeJobResponse:
        """Go on; see `Register.resume`."""
        return ResumeJobResponse(job=await self._change(self.register.resume, call, request.job_id))

    async def retry_job(self, request: RetryJobRequest, call: Call) -> RetryJobResponse:
        """Try failed items again; see `Register.retry`."""
        job, retried = await self._change(self.register.retry, call, request.job_id, request.keys)
        return RetryJobResponse(job=job, retried=retried)

    async def delete_job(self, request: DeleteJobRequest, call: Call) -> DeleteJobResponse:
        """Remove a job that has ended, with its files; see `Register.expire`. For callers it is gone at once; what is
        left, and what a worker that lost its item still writes, the sweeper removes."""
        await self._change(self.register.expire, call, request.job_id)
        try:
            await to_its_end(asyncio.to_thread(remove_files, self.store, call.tenant, request.job_id))
        except StorageUnavailable as error:
            logger().warning("files of a deleted job could not be removed", error=error.message)
        return DeleteJobResponse()

    async def create_job_manifest(self, request: CreateJobManifestRequest, call: Call) -> CreateJobManifestResponse:
        """Write what became of every item to a file; see `ResultFiles.write`."""
        job = await self._read(self.register.get, call, request.job_id)
        wanted = request.format or ManifestFormat.JSONL
        blob = await asyncio.to_thread(self.files.write, call.tenant, request.job_id, job.version, wanted)
        return CreateJobManifestResponse(blob=blob)

    async def watch_job(self, request: WatchJobRequest, call: Call) -> AsyncGenerator[WatchJobResponse, None]:
        """What changes, until the job has ended and that was told.

        The job follows the items that changed before it, and only with it its version counts as told; so whoever goes
        on from any message misses nothing, and of what came before gets the last item again at most.

        Raises:
            InvalidInput: The job has not come to the version that was told before.
        """
        told = request.after_version
        if not told and not request.job_only:
            yield WatchJobResponse(job=await self._read(self.register.get, call, request.job_id))
        while True:
            changes = await self._read(
                self.listing.changes, call, request.job_id, told, 0 if request.job_only else _TOLD_AT_ONCE
            )
            for item in await self._addressed(changes.items):
                yield WatchJobResponse(version=min(item.version, changes.job.version - 1), item=item)
            if changes.more:
                told = changes.items[-1].version
                continue
            if changes.job.version > told:
                told = changes.job.version
                yield WatchJobResponse(version=told, job=changes.job)
            if changes.ended:
                return
            await self.watch.beyond(request.job_id, told)

    async def _read(self, work: Callable[..., T], call: Call, job_id: str, *more: object) -> T:
        return await self.database.read(lambda session: work(session, call.tenant, job_id, *more))

    async def _change(self, work: Callable[..., T], call: Call, job_id: str, *more: object) -> T:
        changed = await self.database.run(lambda session: work(session, call.tenant, job_id, *more))
        self.wake()
        return changed

    async def _addressed(self, items: Sequence[JobItem]) -> list[JobItem]:
        """Items whose blobs can be read; in a thread, as a bucket's signatures take a while."""
        return await asyncio.to_thread(lambda: [with_addresses(item, self.store) for item in items])

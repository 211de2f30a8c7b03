"""Jobs as both clients offer them, as `vitrine.jobs`."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypedDict, TypeVar, Unpack

from services.api.jobs import (
    AddJobItemsResponse,
    CreateJobResponse,
    ItemManifest,
    ItemState,
    Job,
    JobItem,
    JobState,
    ManifestFormat,
    RetryJobResponse,
    WatchJobResponse,
)
from services.client.jobs import Item, JobFlows, Recipe
from services.client.steps import AsyncRun, Flow, Run

T = TypeVar("T")


class JobOptions(TypedDict, total=False):
    """Options of `create`, see `CreateJobRequest`; `keep` is in seconds."""

    name: str
    open: bool
    validate_only: bool
    priority: int
    max_attempts: int
    keep: float
    manifest: ItemManifest


class JobFilters(TypedDict, total=False):
    """Which jobs are listed, see `ListJobsRequest`; times are RFC 3339."""

    states: Sequence[JobState]
    name_prefix: str
    created_after: str
    created_before: str


class ItemFilters(TypedDict, total=False):
    """Which items are listed, see `ListJobItemsRequest`."""

    states: Sequence[ItemState]
    keys: Sequence[str]


class Jobs:
    """Many photos by one recipe, see `docs/jobs.md`.

    Args:
        flows: The calls.
        run: Carries them out.
        tell: Carries those out that emit.
        read_blob: Fetches a stored file.
    """

    def __init__(
        self,
        flows: JobFlows,
        run: Run,
        tell: Callable[[Flow[None]], Iterator[Any]],
        read_blob: Callable[[str], bytes],
    ) -> None:
        self._flows = flows
        self._run = run
        self._tell = tell
        self._read_blob = read_blob

    def create(
        self, items: Iterable[Item], recipe: Recipe, *, key: str = "", **options: Unpack[JobOptions]
    ) -> CreateJobResponse:
        """Make a job.

        Args:
            items: Photos (paths, which are uploaded first; addresses; bytes), or `JobItemSpec`s with keys and choices
                of their own. Any number up to 100 000: more than fit into one call are streamed.
            recipe: What is done with each: a `CreateShotRequest` or a `CreateCutoutRequest`, without `image`.
            key: Idempotency key: calling again with the same key and arguments makes no second job, but brings one to
                its end that was interrupted.
            **options: See `JobOptions`. With `validate_only` nothing is made and no file sent, but all of it checked.
        """
        return self._run(self._flows.create(items, recipe, options, key))

    def add(self, job_id: str, items: Iterable[Item], *, close: bool = False) -> AddJobItemsResponse:
        """Add items to a job that is open; `close` says that they are the last. Items whose keys it has stay as they
        are."""
        return self._run(self._flows.add(job_id, items, close))

    def get(self, job_id: str) -> Job:
        """A job as it is now."""
        return self._run(self._flows.get(job_id))

    def items(self, job_id: str, **filters: Unpack[ItemFilters]) -> Iterator[JobItem]:
        """A job's items by number, fetched page by page."""
        return self._tell(self._flows.items(job_id, filters))

    def cancel(self, job_id: str, keys: Sequence[str] = ()) -> Job:
        """End a job, or only the items of these keys."""
        return self._run(self._flows.cancel(job_id, keys))

    def pause(self, job_id: str) -> Job:
        """Begin no further item."""
        return self._run(self._flows.pause(job_id))

    def resume(self, job_id: str) -> Job:
        """Go on with a job that was paused."""
        return self._run(self._flows.resume(job_id))

    def retry(self, job_id: str, keys: Sequence[str] = ()) -> RetryJobResponse:
        """Try all failed items again, or only those of these keys."""
        return self._run(self._flows.retry(job_id, keys))

    def delete(self, job_id: str) -> None:
        """Remove a job that has ended, with its results."""
        self._run(self._flows.delete(job_id))

    def watch(self, job_id: str, *, after_version: int = 0, job_only: bool = False) -> Iterator[WatchJobResponse]:
        """What changes, until the job has ended: `job` or `item` is set. Where the connection breaks, it goes on by
        itself; a program that stopped goes on with the `version` of the last event it had."""
        return self._tell(self._flows.watch(job_id, after_version, job_only))

    def manifest(self, job_id: str, file_format: ManifestFormat = ManifestFormat.JSONL) -> bytes:
        """What became of every item, as a file with a line for each."""
        return self._read_blob(self._run(self._flows.manifest(job_id, file_format)))

    def upload(self, file: Path | bytes, media_type: str = "") -> str:
        """Put a file into the store; the key names it in requests (`blob_key`). The type is read off its name."""
        return self._run(self._flows.upload(file, media_type))

    def list(self, **filters: Unpack[JobFilters]) -> Iterator[Job]:
        """Jobs, the newest first, fetched page by page."""
        return self._tell(self._flows.all(filters))


class AsyncJobs:
    """`Jobs` for asyncio: the same calls, arguments, results and errors.

    Args:
        flows: The calls.
        run: Carries them out.
        tell: Carries those out that emit.
        read_blob: Fetches a stored file.
    """

    def __init__(
        self,
        flows: JobFlows,
        run: AsyncRun,
        tell: Callable[[Flow[None]], AsyncIterator[Any]],
        read_blob: Callable[[str], Awaitable[bytes]],
    ) -> None:
        self._flows = flows
        self._run = run
        self._tell = tell
        self._read_blob = read_blob

    async def create(
        self, items: Iterable[Item], recipe: Recipe, *, key: str = "", **options: Unpack[JobOptions]
    ) -> CreateJobResponse:
        """Make a job, see `Jobs.create`."""
        return await self._run(self._flows.create(items, recipe, options, key))

    async def add(self, job_id: str, items: Iterable[Item], *, close: bool = False) -> AddJobItemsResponse:
        """Add items to a job that is open, see `Jobs.add`."""
        return await self._run(self._flows.add(job_id, items, close))

    async def get(self, job_id: str) -> Job:
        """A job as it is now."""
        return await self._run(self._flows.get(job_id))

    def items(self, job_id: str, **filters: Unpack[ItemFilters]) -> AsyncIterator[JobItem]:
        """A job's items by number, fetched page by page."""
        return self._tell(self._flows.items(job_id, filters))

    async def cancel(self, job_id: str, keys: Sequence[str] = ()) -> Job:
        """End a job, or only the items of these keys."""
        return await self._run(self._flows.cancel(job_id, keys))

    async def pause(self, job_id: str) -> Job:
        """Begin no further item."""
        return await self._run(self._flows.pause(job_id))

    async def resume(self, job_id: str) -> Job:
        """Go on with a job that was paused."""
        return await self._run(self._flows.resume(job_id))

    async def retry(self, job_id: str, keys: Sequence[str] = ()) -> RetryJobResponse:
        """Try all failed items again, or only those of these keys."""
        return await self._run(self._flows.retry(job_id, keys))

    async def delete(self, job_id: str) -> None:
        """Remove a job that has ended, with its results."""
        await self._run(self._flows.delete(job_id))

    def watch(self, job_id: str, *, after_version: int = 0, job_only: bool = False) -> AsyncIterator[WatchJobResponse]:
        """What changes, until the job has ended, see `Jobs.watch`."""
        return self._tell(self._flows.watch(job_id, after_version, job_only))

    async def manifest(self, job_id: str, file_format: ManifestFormat = ManifestFormat.JSONL) -> bytes:
        """What became of every item, as a file with a line for each."""
        return await self._read_blob(await self._run(self._flows.manifest(job_id, file_format)))

    async def upload(self, file: Path | bytes, media_type: str = "") -> str:
        """Put a file into the store, see `Jobs.upload`."""
        return await self._run(self._flows.upload(file, media_type))

    def list(self, **filters: Unpack[JobFilters]) -> AsyncIterator[Job]:
        """Jobs, the newest first, fetched page by page."""
        return self._tell(self._flows.all(filters))

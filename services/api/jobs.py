"""JobService's messages, field for field as in `protos/vitrine/v1/jobs.proto`."""

from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from services.api.common import Blob, Bytes, Count32, Duration, ImageSource, Int32, Message, Text, ZeroIsAbsent
from services.api.lint import LintPhotoRequest, LintPhotoResponse
from services.api.photo import picture_of
from services.api.studio import CreateCutoutRequest, CreateCutoutResponse, CreateShotRequest, CreateShotResponse

#: Of one job, however they come.
MAX_ITEMS: Final = 100_000
#: Of one message of a stream.
MAX_STREAMED_ITEMS: Final = 1000
MAX_KEYS: Final = 1000
MAX_TRIES: Final = 10
MAX_PRIORITY: Final = 100
MAX_NAME_CHARS: Final = 200
MAX_FAULTS: Final = 100

#: As an idempotency key, and empty for none.
ItemKey = Annotated[str, Field(pattern=r"^[\x21-\x7e]{0,200}$")]
JobId = Annotated[str, Field(max_length=64)]


class JobState(StrEnum):
    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    CANCELLING = "CANCELLING"
    DONE = "DONE"
    CANCELLED = "CANCELLED"


class ItemState(StrEnum):
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class ManifestFormat(StrEnum):
    CSV = "CSV"
    JSONL = "JSONL"


class JobCounts(Message):
    total: int = 0
    queued: int = 0
    running: int = 0
    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0


class Job(Message):
    job_id: str = ""
    name: str = ""
    state: Annotated[JobState | None, ZeroIsAbsent] = None
    open: bool = Field(default=False, description="Whether items may still be added.")
    counts: JobCounts = JobCounts()
    priority: Int32 = 0
    max_attempts: Count32 = 0
    create_time: str = Field("", description="RFC 3339.")
    end_time: str = ""
    expire_time: str = Field("", description="When the job and its results are removed.")
    shot: CreateShotRequest | None = None
    cutout: CreateCutoutRequest | None = None
    lint: LintPhotoRequest | None = None
    version: int = Field(0, description="Grows with every change of the job or of an item.")
    compute: Duration = Field(0.0, description="How long stages worked for it.")
    megapixels: float = 0.0
    waiting_for: str = Field("", description="Why none of its items begins although it is active.")


class ItemError(Message):
    code: str = ""
    message: str = ""
    retryable: bool = Field(default=False, description="Whether another attempt may help.")


class JobItem(Message):
    number: Count32 = 0
    key: str = ""
    state: Annotated[ItemState | None, ZeroIsAbsent] = None
    attempts: Count32 = 0
    image: ImageSource = ImageSource()
    start_time: str = Field("", description="Of the last attempt.")
    end_time: str = ""
    retry_time: str = Field("", description="Not begun again before this.")
    error: ItemError | None = Field(None, description="Why the last attempt came to nothing.")
    shot: CreateShotResponse | None = None
    cutout: CreateCutoutResponse | None = None
    lint: LintPhotoResponse | None = None
    version: int = 0

    @property
    def picture(self) -> Blob | None:
        """What was made of the photo; None where nothing was."""
        answer = self.shot or self.cutout or self.lint
        return None if answer is None else picture_of(answer)


class JobItemSpec(Message):
    key: ItemKey = Field("", description="Unique in its job; empty: its number.")
    image: ImageSource = ImageSource()
    shot: CreateShotRequest | None = Field(None, description="What differs from the job's recipe.")
    cutout: CreateCutoutRequest | None = None
    lint: LintPhotoRequest | None = None


class ItemManifest(Message):
    format: Annotated[ManifestFormat | None, ZeroIsAbsent] = None
    content: Bytes = Field(b"", repr=False)
    blob_key: str = Field("", max_length=512, description="The key of an upload.")
    url: str = Field("", max_length=2048, description="s3://bucket/key, where the operator lets the tenant read.")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if sum(map(bool, (self.content, self.blob_key, self.url))) > 1:
            raise ValueError("a manifest comes from one place: content, blob_key or url")
        return self


class CreateJobRequest(Message):
    name: Text = Field("", max_length=MAX_NAME_CHARS)
    shot: CreateShotRequest | None = Field(None, description="What is done with every photo; without `image`.")
    cutout: CreateCutoutRequest | None = Field(None, description="Or this.")
    lint: LintPhotoRequest | None = Field(None, description="Or this.")
    items: list[JobItemSpec] = Field([], max_length=MAX_ITEMS)
    manifest: ItemManifest | None = Field(None, description="Further items, behind those.")
    open: bool = Field(default=False, description="More items will be added.")
    validate_only: bool = Field(default=False, description="Make nothing: check all of it, and estimate time and cost.")
    priority: int = Field(0, ge=-MAX_PRIORITY, le=MAX_PRIORITY)
    max_attempts: int = Field(
        0, ge=0, le=MAX_TRIES, description="How often an item is tried; 0: the service's default."
    )
    keep: Duration | None = Field(None, gt=0, description="How long the job and its results are kept.")


class JobEstimate(Message):
    items: int = 0
    compute: Duration = Field(0.0, description="Of all stages together.")
    duration: Duration = Field(0.0, description="From now on until the last item has ended.")
    cost: float = 0.0
    currency: str = ""
    quota_items_left: int | None = Field(None, description="Unset: any number.")


class ItemFault(Message):
    number: Count32 = 0
    key: str = ""
    field: str = ""
    message: str = ""


class CreateJobResponse(Message):
    job: Job = Job()
    estimate: JobEstimate = JobEstimate()
    faults: list[ItemFault] = Field([], description="Only where `validate_only` was asked for.")


class AddJobItemsRequest(Message):
    job_id: JobId = ""
    items: list[JobItemSpec] = Field([], max_length=MAX_STREAMED_ITEMS)
    close: bool = Field(default=False, description="Nothing more will be added.")


class AddJobItemsResponse(Message):
    job: Job = Job()
    added: int = 0
    known: int = Field(0, description="Items that the job had already.")


class GetJobRequest(Message):
    job_id: JobId = ""


class GetJobResponse(Message):
    job: Job = Job()


class ListJobsRequest(Message):
    page_size: int = Field(0, ge=0, le=200, description="At most this many; 0 stands for 50.")
    page_token: str = Field("", max_length=256)
    states: list[JobState] = Field([], max_length=len(JobState), description="Only jobs in one of these.")
    name_prefix: Text = Field("", max_length=MAX_NAME_CHARS)
    created_after: str = Field("", max_length=64, description="RFC 3339.")
    created_before: str = Field("", max_length=64, description="RFC 3339.")


class ListJobsResponse(Message):
    jobs: list[Job] = []
    next_page_token: str = ""


class ListJobItemsRequest(Message):
    job_id: JobId = ""
    page_size: int = Field(0, ge=0, le=1000, description="At most this many; 0 stands for 100.")
    page_token: str = Field("", max_length=256)
    states: list[ItemState] = Field([], max_length=len(ItemState), description="Only items in one of these.")
    keys: list[ItemKey] = Field([], max_length=100, description="Only these items.")


class ListJobItemsResponse(Message):
    items: list[JobItem] = []
    next_page_token: str = ""


class CancelJobRequest(Message):
    job_id: JobId = ""
    keys: list[ItemKey] = Field([], max_length=MAX_KEYS, description="Only these items; empty: the job.")


class CancelJobResponse(Message):
    job: Job = Job()


class PauseJobRequest(Message):
    job_id: JobId = ""


class PauseJobResponse(Message):
    job: Job = Job()


class ResumeJobRequest(Message):
    job_id: JobId = ""


class ResumeJobResponse(Message):
    job: Job = Job()


class RetryJobRequest(Message):
    job_id: JobId = ""
    keys: list[ItemKey] = Field([], max_length=MAX_KEYS, description="Only these items; empty: all that failed.")


class RetryJobResponse(Message):
    job: Job = Job()
    retried: int = 0


class DeleteJobRequest(Message):
    job_id: JobId = ""


class DeleteJobResponse(Message):
    pass


class WatchJobRequest(Message):
    job_id: JobId = ""
    after_version: int = Field(0, ge=0, description="Only what changed since is told.")
    job_only: bool = Field(default=False, description="Tell of the job alone, not of each item.")


class WatchJobResponse(Message):
    """One of the two is set."""

    version: int = Field(0, description="Everything up to this version has been told.")
    job: Job | None = None
    item: JobItem | None = None


class CreateJobManifestRequest(Message):
    job_id: JobId = ""
    format: Annotated[ManifestFormat | None, ZeroIsAbsent] = None


class CreateJobManifestResponse(Message):
    blob: Blob = Blob()

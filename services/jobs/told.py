"""Jobs and items as callers are told of them."""

import datetime
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from services.api.common import Blob, ImageSource
from services.api.jobs import ItemError, Job, JobCounts, JobItem, JobState
from services.api.lint import LintPhotoResponse
from services.api.photo import PhotoResponse
from services.api.studio import CreateCutoutResponse, CreateShotResponse
from services.common.errors import LEAVES
from services.database.tables import JobItemRow, JobRow
from services.jobs.recipe import MODELS
from services.jobs.retries import may_help
from services.jobs.states import ItemState
from services.storage.blobs import BlobStore
from services.workflow.answer import addressed

#: What each method answers.
_RESULTS: Final[Mapping[str, type[PhotoResponse]]] = MappingProxyType(
    {"shot": CreateShotResponse, "cutout": CreateCutoutResponse, "lint": LintPhotoResponse}
)
_ERRORS: Final = {leaf.code: leaf for leaf in LEAVES}


def job_told(job: JobRow, waiting_for: str = "") -> Job:
    """A job.

    Args:
        job: Its row.
        waiting_for: Why none of its items begins.
    """
    told = Job(
        job_id=job.id, name=job.name, state=JobState(job.state), open=job.open, counts=counts_told(job),
        priority=job.priority, max_attempts=job.max_attempts, create_time=time_told(job.created_s),
        end_time=time_told(job.ended_s), expire_time=time_told(job.expires_s), version=job.version,
        compute=job.compute_s, megapixels=job.megapixels, waiting_for=waiting_for,
    )  # fmt: skip
    return told.model_copy(update={job.method: MODELS[job.method].model_validate_json(job.recipe)})


def counts_told(job: JobRow) -> JobCounts:
    """How many items are in which state."""
    return JobCounts(
        total=job.total, queued=job.queued + job.waiting, running=job.running, succeeded=job.succeeded,
        failed=job.failed, cancelled=job.cancelled,
    )  # fmt: skip


def item_told(item: JobItemRow, method: str) -> JobItem:
    """An item, its blobs without addresses.

    Args:
        item: Its row.
        method: Its job's.
    """
    state = ItemState(item.state)
    result = {} if item.result is None else {method: _RESULTS[method].model_validate_json(item.result)}
    told = JobItem(
        number=item.number, key=item.key, state=state.told, attempts=item.attempts,
        image=ImageSource.model_validate_json(item.image), start_time=time_told(item.began_s),
        end_time=time_told(item.ended_s),
        retry_time=time_told(item.retry_at_s if state is ItemState.WAITING else None),
        error=None if item.error_code is None else error_told(item.error_code, item.error or ""),
        version=item.version,
    )  # fmt: skip
    return told.model_copy(update=result)


def error_told(code: str, message: str) -> ItemError:
    """Why an attempt came to nothing."""
    known = _ERRORS.get(code)
    return ItemError(code=code, message=message, retryable=known is not None and may_help(known))


def with_addresses(item: JobItem, store: BlobStore) -> JobItem:
    """The item, its blobs with addresses that they can be read at for a while."""
    if item.shot is not None:
        layers = [layer.model_copy(update={"blob": _addressed(layer.blob, store)}) for layer in item.shot.layers]
        changes = {"image": _addressed(item.shot.image, store), "layers": layers}
        return item.model_copy(update={"shot": item.shot.model_copy(update=changes)})
    if item.cutout is not None:
        image = _addressed(item.cutout.image, store)
        return item.model_copy(update={"cutout": item.cutout.model_copy(update={"image": image})})
    if item.lint is not None and item.lint.fix is not None and item.lint.fix.image is not None:
        fix = item.lint.fix.model_copy(update={"image": _addressed(item.lint.fix.image, store)})
        return item.model_copy(update={"lint": item.lint.model_copy(update={"fix": fix})})
    return item


def _addressed(blob: Blob, store: BlobStore) -> Blob:
    return addressed(blob, store.sign(blob.key))


def time_told(unix_s: float | None) -> str:
    """A time as RFC 3339, UTC, to the millisecond; empty where there is none."""
    if unix_s is None:
        return ""
    moment = datetime.datetime.fromtimestamp(unix_s, datetime.UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"

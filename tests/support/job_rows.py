"""Rows of jobs and items as they stand after creation."""

from services.api.jobs import JobState
from services.database.tables import JobItemRow, JobRow
from services.jobs.states import ItemState


def job_row(items=3, tenant="acme", **values):
    """An active job whose items are all queued."""
    fields = {
        "id": "job", "tenant": tenant, "name": "", "key": None, "digest": bytes(32), "state": JobState.ACTIVE,
        "open": False, "method": "shot", "recipe": "{}", "priority": 0, "max_attempts": 3, "created_s": 0.0,
        "ended_s": None, "expires_s": 1e9, "version": items, "total": items, "queued": items, "waiting": 0,
        "running": 0, "succeeded": 0, "failed": 0, "cancelled": 0, "compute_s": 0.0, "megapixels": 0.0, "swept": False,
    }  # fmt: skip
    return JobRow(**{**fields, **values})


def item_row(number, job_id="job", **values):
    """A queued item."""
    fields = {
        "job_id": job_id, "number": number, "key": str(number), "image": "{}", "overrides": None,
        "state": ItemState.QUEUED, "version": number + 1, "attempts": 0, "fence": 0, "owner": None,
        "lease_until_s": None, "retry_at_s": None, "began_s": None, "ended_s": None, "stop": False, "period_s": 0.0,
        "charged_s": 0.0, "result": None, "error_code": None, "error": None,
    }  # fmt: skip
    return JobItemRow(**{**fields, **values})

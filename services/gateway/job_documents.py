"""What `/docs` tells of the jobs' routes beyond what FastAPI reads off them."""

from typing import Any, Final

from services.api.jobs import AddJobItemsRequest, CreateJobRequest, CreateJobResponse, WatchJobRequest
from services.gateway.negotiation import EVENT_STREAM
from services.gateway.openapi import LOCATION, ONCE, PROBLEM, REF, form_schema, page_route

#: A list of items, one a line.
LINES: Final = ("application/jsonl", "application/x-ndjson")
#: The one file of a job's form.
FILES: Final = ("manifest",)
LAST_EVENT_ID_HEADER: Final = "Last-Event-ID"


def create_route() -> dict[str, Any]:
    """A POST that takes JSON or a form and answers where the job is."""
    content = {
        "application/json": {"schema": {"$ref": REF.format(model=CreateJobRequest.__name__)}},
        # A form's list is its manifest.
        "multipart/form-data": {"schema": form_schema(CreateJobRequest, FILES, "items")},
    }
    extra = {"requestBody": {"required": True, "content": content}, "parameters": [ONCE]}
    made = {"description": "Made.", "model": CreateJobResponse, "headers": LOCATION}
    return {
        "openapi_extra": extra,
        "responses": {200: {"description": "Checked; nothing was made."}, 201: made, "default": PROBLEM},
    }


def items_route() -> dict[str, Any]:
    """A POST that takes JSON, or one item a line."""
    lines = {"schema": {"type": "string", "description": "One `JobItemSpec` as JSON a line."}}
    content = {"application/json": {"schema": {"$ref": REF.format(model=AddJobItemsRequest.__name__)}}}
    content |= dict.fromkeys(LINES, lines)
    close = {
        "name": "close", "in": "query", "required": False, "description": "Nothing more will be added; for lines.",
        "schema": {"type": "boolean"},
    }  # fmt: skip
    extra = {"requestBody": {"required": True, "content": content}, "parameters": [close]}
    return {"openapi_extra": extra, "responses": {"default": PROBLEM}}


def watch_route() -> dict[str, Any]:
    """A GET that answers a stream of events."""
    route = page_route(WatchJobRequest, "job_id")
    last = {
        "name": LAST_EVENT_ID_HEADER, "in": "header", "required": False, "schema": {"type": "string"},
        "description": "The id of the last event that arrived; browsers send it by themselves.",
    }  # fmt: skip
    # OpenAPI 3.1 has no words for the events of a stream.
    events = {
        "type": "string",
        "description": "Server-Sent Events: `job` with a Job, `item` with a JobItem, `error` with a Problem.",
    }
    return {
        "openapi_extra": {"parameters": [*route["openapi_extra"]["parameters"], last]},
        "responses": {
            200: {
                "description": "What changes, until the job has ended.",
                "content": {EVENT_STREAM: {"schema": events}},
            },
            204: {"description": "It has ended, and nothing is left to tell."},
            "default": PROBLEM,
        },
    }


def delete_route() -> dict[str, Any]:
    """A DELETE that answers nothing."""
    return {"status_code": 204, "responses": {204: {"description": "Removed."}, "default": PROBLEM}}

"""JobService and UploadService over HTTP."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, TypeVar

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from services.api import jobs as api
from services.api.convert import validated
from services.api.uploads import CreateUploadRequest, CreateUploadResponse
from services.common.errors import InvalidInput
from services.gateway import job_documents as documents
from services.gateway import openapi, status
from services.gateway.body import BodyReader
from services.gateway.call import Guard
from services.gateway.event_stream import EventStream, ServerEvent
from services.gateway.http_calls import answered, asked_by_query, call_of, guarded
from services.gateway.item_lines import item_lines
from services.gateway.job_documents import FILES, LAST_EVENT_ID_HEADER, LINES
from services.gateway.schema import Call
from services.gateway.services import Services

M = TypeVar("M", bound=BaseModel)


class JobRoutes:
    """The routes.

    Args:
        guard: Stands around every call.
        services: Answer.
        body: Reads bodies.
        heartbeat_s: How often a stream of events says that it lives.
    """

    def __init__(self, guard: Guard, services: Services, body: BodyReader, heartbeat_s: float) -> None:
        self._guard = guard
        self._jobs = services.jobs
        self._uploads = services.uploads
        self._body = body
        self._heartbeat_s = heartbeat_s

    def router(self) -> APIRouter:
        """The routes, with their description."""
        router = APIRouter(tags=["jobs"])

        def add(
            verb: str, path: str, serve: Any, answer: type[Any] | None, summary: str, route: dict[str, Any]
        ) -> None:
            router.add_api_route(path, serve, methods=[verb], response_model=answer, summary=summary, **route)

        job = "/v1/jobs/{job_id}"
        add("POST", "/v1/jobs", self.create, api.CreateJobResponse, "Make many pictures", documents.create_route())
        add("GET", "/v1/jobs", self.list, api.ListJobsResponse, "Your jobs", openapi.page_route(api.ListJobsRequest))
        add("GET", job, self.get, api.GetJobResponse, "How far a job is", openapi.plain_route())
        add("DELETE", job, self.delete, None, "Remove a job and its results", documents.delete_route())
        items = openapi.page_route(api.ListJobItemsRequest, "job_id")
        add("GET", f"{job}/items", self.list_items, api.ListJobItemsResponse, "A job's items", items)
        add("POST", f"{job}/items", self.add_items, api.AddJobItemsResponse, "Add items", documents.items_route())
        cancel, retry = openapi.body_route(api.CancelJobRequest), openapi.body_route(api.RetryJobRequest)
        add("POST", f"{job}/cancel", self.cancel, api.CancelJobResponse, "End a job, or some of its items", cancel)
        add("POST", f"{job}/retry", self.retry, api.RetryJobResponse, "Try failed items again", retry)
        pause, resume = openapi.body_route(api.PauseJobRequest), openapi.body_route(api.ResumeJobRequest)
        add("POST", f"{job}/pause", self.pause, api.PauseJobResponse, "Begin no further item", pause)
        add("POST", f"{job}/resume", self.resume, api.ResumeJobResponse, "Go on with it", resume)
        add("GET", f"{job}/events", self.watch, None, "What changes, as it changes", documents.watch_route())
        manifest = openapi.body_route(api.CreateJobManifestRequest)
        made = api.CreateJobManifestResponse
        add("POST", f"{job}/manifest", self.create_manifest, made, "What became of every item, as a file", manifest)
        upload = openapi.body_route(CreateUploadRequest, required=True)
        add("POST", "/v1/uploads", self.upload, CreateUploadResponse, "An address to send a file to", upload)
        return router

    async def create(self, request: Request) -> Response:
        """JSON, or a form with the list of items as the file `manifest`; 201 with its place, or 200 for a check."""
        async with guarded(self._guard, call_of("CreateJob", request), request) as call:
            wanted = await self._body.read(request, api.CreateJobRequest, FILES)
            made = await self._jobs.create_job(wanted, call)
        if wanted.validate_only:
            return answered(made)
        return answered(made, 201, {"Location": f"/v1/jobs/{made.job.job_id}"})

    async def list(self, request: Request) -> Response:
        """Page by page, the newest first."""
        async with guarded(self._guard, call_of("ListJobs", request), request) as call:
            page = await self._jobs.list_jobs(asked_by_query(request, api.ListJobsRequest), call)
            return await asyncio.to_thread(answered, page)

    async def get(self, request: Request, job_id: str) -> Response:
        """The job as it is now."""
        async with guarded(self._guard, call_of("GetJob", request), request) as call:
            return answered(await self._jobs.get_job(asked_by_query(request, api.GetJobRequest, job_id=job_id), call))

    async def delete(self, request: Request, job_id: str) -> Response:
        """204; only a job that has ended."""
        async with guarded(self._guard, call_of("DeleteJob", request), request) as call:
            await self._jobs.delete_job(asked_by_query(request, api.DeleteJobRequest, job_id=job_id), call)
            return Response(status_code=204)

    async def list_items(self, request: Request, job_id: str) -> Response:
        """Page by page, by number."""
        async with guarded(self._guard, call_of("ListJobItems", request), request) as call:
            wanted = asked_by_query(request, api.ListJobItemsRequest, job_id=job_id)
            return await asyncio.to_thread(answered, await self._jobs.list_job_items(wanted, call))

    async def add_items(self, request: Request, job_id: str) -> Response:
        """JSON, or lines of one item each, which are taken while they come."""
        async with (
            guarded(self._guard, call_of("AddJobItems", request), request) as call,
            aclosing(self._arriving(request, job_id)) as messages,
        ):
            return answered(await self._jobs.add_job_items(messages, call))

    async def _arriving(self, request: Request, job_id: str) -> AsyncGenerator[api.AddJobItemsRequest, None]:
        if self._body.kind(request) not in LINES:
            yield _of(job_id, await self._body.read(request, api.AddJobItemsRequest))
            return
        asked = asked_by_query(request, api.AddJobItemsRequest, job_id=job_id)
        async with aclosing(item_lines(self._body.lines(request))) as chunks:
            async for items in chunks:
                yield api.AddJobItemsRequest(job_id=job_id, items=items)
        yield api.AddJobItemsRequest(job_id=job_id, close=asked.close)

    async def cancel(self, request: Request, job_id: str) -> Response:
        """All of it, or the items whose keys the body names."""
        return await self._acted(request, job_id, api.CancelJobRequest, self._jobs.cancel_job)

    async def retry(self, request: Request, job_id: str) -> Response:
        """All that failed, or the items whose keys the body names."""
        return await self._acted(request, job_id, api.RetryJobRequest, self._jobs.retry_job)

    async def pause(self, request: Request, job_id: str) -> Response:
        """What is being worked on ends."""
        return await self._acted(request, job_id, api.PauseJobRequest, self._jobs.pause_job)

    async def resume(self, request: Request, job_id: str) -> Response:
        """A job that was paused."""
        return await self._acted(request, job_id, api.ResumeJobRequest, self._jobs.resume_job)

    async def create_manifest(self, request: Request, job_id: str) -> Response:
        """One line for each item."""
        return await self._acted(request, job_id, api.CreateJobManifestRequest, self._jobs.create_job_manifest)

    async def _acted(
        self, request: Request, job_id: str, model: type[M], serve: Callable[[M, Call], Awaitable[BaseModel]]
    ) -> Response:
        """Something done with a job; the body may be left out."""
        async with guarded(self._guard, call_of(model.__name__.removesuffix("Request"), request), request) as call:
            wanted = _of(job_id, await self._body.read_if_any(request, model))
            return answered(await serve(wanted, call))

    async def upload(self, request: Request) -> Response:
        """For a file that requests then name by its key."""
        async with guarded(self._guard, call_of("CreateUpload", request), request) as call:
            wanted = await self._body.read(request, CreateUploadRequest)
            return answered(await self._uploads.create_upload(wanted, call))

    async def watch(self, request: Request, job_id: str) -> Response:
        """Server-Sent Events until the job has ended; `Last-Event-ID` says what the caller knows already."""
        return EventStream(
            self._told(request, job_id),
            lambda error: status.problem(error, request.state.request_id),
            self._heartbeat_s,
        )

    async def _told(self, request: Request, job_id: str) -> AsyncGenerator[ServerEvent, None]:
        async with guarded(self._guard, call_of("WatchJob", request), request) as call:
            wanted = asked_by_query(request, api.WatchJobRequest, job_id=job_id)
            if (last := request.headers.get(LAST_EVENT_ID_HEADER)) is not None:
                wanted = wanted.model_copy(update={"after_version": _version(last)})
            async with aclosing(self._jobs.watch_job(wanted, call)) as changes:
                async for change in changes:
                    if (data := change.job or change.item) is not None:
                        yield ServerEvent("job" if change.job else "item", data, str(change.version))


def _of(job_id: str, wanted: M) -> M:
    """The request, of the job that the path names.

    Raises:
        InvalidInput: The body names another.
    """
    if getattr(wanted, "job_id", "") not in ("", job_id):
        raise InvalidInput("job_id: the body names another job than the path", field="job_id")
    return validated(type(wanted), {**vars(wanted), "job_id": job_id})


def _version(last_event_id: str) -> int:
    if not (last_event_id.isascii() and last_event_id.isdecimal() and len(last_event_id) < 19):
        raise InvalidInput(
            f"Last-Event-ID: the id of an event is wanted, got {last_event_id[:40]!r}", field="last-event-id"
        )
    return int(last_event_id)

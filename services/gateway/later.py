"""Answers for callers who would rather come back than wait: a job of their one photo."""

from collections.abc import Callable
from typing import TypeVar

from fastapi import Request, Response

from services.api.common import ImageSource
from services.api.jobs import CreateJobRequest, GetJobResponse, JobItemSpec
from services.api.photo import PhotoRequest
from services.gateway.body import BodyReader
from services.gateway.call import Guard
from services.gateway.http_calls import answered, call_of, guarded
from services.gateway.jobs import Jobs
from services.gateway.preference import APPLIED_HEADER, RESPOND_ASYNC
from services.jobs.recipe import method_of

Wanted = TypeVar("Wanted", bound=PhotoRequest)


class Later:
    """Makes a job of a request.

    Args:
        guard: Stands around every call.
        jobs: Makes it.
        body: Reads bodies.
    """

    def __init__(self, guard: Guard, jobs: Jobs, body: BodyReader) -> None:
        self._guard = guard
        self._jobs = jobs
        self._body = body

    async def answer(
        self, request: Request, model: type[Wanted], applied: Callable[[Wanted], Wanted] = lambda wanted: wanted
    ) -> Response:
        """202 with the job, and where it is.

        Args:
            request: What came in.
            model: Of its body.
            applied: What its headers make of that.
        """
        async with guarded(self._guard, call_of("CreateJob", request), request) as call:
            wanted = applied(await self._body.read(request, model))
            recipe = wanted.model_copy(update={"image": ImageSource()})
            fields = {method_of(recipe): recipe, "items": [JobItemSpec(image=wanted.image)]}
            made = await self._jobs.create_job(CreateJobRequest.model_validate(fields), call)
        headers = {"Location": f"/v1/jobs/{made.job.job_id}", APPLIED_HEADER: RESPOND_ASYNC}
        return answered(GetJobResponse(job=made.job), 202, headers)

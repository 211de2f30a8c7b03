"""The jobs' services as the edges see them: they note what they are asked, and answer from a script."""

from services.api import jobs, uploads


class FakeJobs:
    """Every call is answered with a job of the id "j1".

    Attributes:
        asked: Every request, in order; of a stream each message.
        calls: The calls they came with.
        changes: What `watch_job` tells; an error is raised in its place.
        error: Raised by every other call, where set.
    """

    def __init__(self):
        self.asked, self.calls, self.changes, self.error = [], [], [], None
        self.job = jobs.Job(job_id="j1", state=jobs.JobState.ACTIVE, version=7)

    def _take(self, request, call):
        self.asked.append(request)
        self.calls.append(call)
        if self.error:
            raise self.error

    async def create_job(self, request, call):
        self._take(request, call)
        return jobs.CreateJobResponse(job=self.job, estimate=jobs.JobEstimate(items=len(request.items)))

    async def add_job_items(self, messages, call):
        async for message in messages:
            self._take(message, call)
        return jobs.AddJobItemsResponse(job=self.job, added=sum(len(each.items) for each in self.asked))

    async def get_job(self, request, call):
        self._take(request, call)
        return jobs.GetJobResponse(job=self.job)

    async def list_jobs(self, request, call):
        self._take(request, call)
        return jobs.ListJobsResponse(jobs=[self.job], next_page_token="2")  # noqa: S106 - a token of pages

    async def list_job_items(self, request, call):
        self._take(request, call)
        return jobs.ListJobItemsResponse(items=[jobs.JobItem(number=3, state=jobs.ItemState.QUEUED)])

    async def cancel_job(self, request, call):
        self._take(request, call)
        return jobs.CancelJobResponse(job=self.job)

    async def pause_job(self, request, call):
        self._take(request, call)
        return jobs.PauseJobResponse(job=self.job)

    async def resume_job(self, request, call):
        self._take(request, call)
        return jobs.ResumeJobResponse(job=self.job)

    async def retry_job(self, request, call):
        self._take(request, call)
        return jobs.RetryJobResponse(job=self.job, retried=2)

    async def delete_job(self, request, call):
        self._take(request, call)
        return jobs.DeleteJobResponse()

    async def create_job_manifest(self, request, call):
        self._take(request, call)
        return jobs.CreateJobManifestResponse(blob={"key": "manifests/local/1.jsonl"})

    async def watch_job(self, request, call):
        self._take(request, call)
        for change in self.changes:
            if isinstance(change, Exception):
                raise change
            yield change


class FakeUploads:
    """Every file may be sent to one address.

    Attributes:
        asked: Every request.
    """

    def __init__(self):
        self.asked = []

    async def create_upload(self, request, call):
        self.asked.append(request)
        header = uploads.UploadHeader(name="Content-Type", value=request.media_type)
        return uploads.CreateUploadResponse(
            key=f"uploads/{call.tenant}/u1", url="http://testserver/u1", headers=[header]
        )

"""JobService and UploadService that answer from a script, beside `CannedService`."""

# ruff: noqa: N802 - the protos name these methods

from services.pb.vitrine.v1 import jobs_pb2, jobs_pb2_grpc, uploads_pb2, uploads_pb2_grpc

ACTIVE, DONE = jobs_pb2.Job.ACTIVE, jobs_pb2.Job.DONE


def item(number, key="", state=jobs_pb2.JobItem.SUCCEEDED, **fields):
    """An item that succeeded, with a picture."""
    if state == jobs_pb2.JobItem.SUCCEEDED:
        image = {"key": f"shots/local/j1/{number}.jpg", "media_type": "image/jpeg", "size_bytes": 19}
        fields["shot"] = {"image": image, "scene_id": "marble"}
    return jobs_pb2.JobItem(
        number=number, key=key or str(number), state=state, version=number + 1, attempts=1, **fields
    )


class CannedJobs(jobs_pb2_grpc.JobServiceServicer, uploads_pb2_grpc.UploadServiceServicer):
    """One job, "j1".

    Args:
        arrive: Called with every request and its context; answers the fault to strike, if any.

    Attributes:
        keys: The idempotency keys that requests came with.
        specs: Every item that was taken, in order.
        items: What `ListJobItems` tells, two a page.
        watches: For each call of WatchJob, in order, what it tells; the last one again for every later call.
        upload_url: Where files go.
    """

    def __init__(self, arrive):
        self._arrive = arrive
        self.keys, self.specs, self.items, self.watches, self.upload_url = [], [], [], [[]], ""
        self.job = jobs_pb2.Job(job_id="j1", name="spring", state=ACTIVE, version=1)
        self.uploads = 0

    def _take(self, request, context):
        self.keys.append(dict(context.invocation_metadata()).get("idempotency-key"))
        return self._arrive(request, context)

    def CreateJob(self, request, context):
        self._take(request, context)
        self.specs += request.items
        self.job.counts.total = self.job.counts.queued = len(self.specs)
        estimate = jobs_pb2.JobEstimate(items=len(request.items), cost=1.5, currency="EUR")
        estimate.duration.seconds = 90
        if request.validate_only:
            fault = jobs_pb2.ItemFault(number=1, key="b", field="image.url", message="no address")
            return jobs_pb2.CreateJobResponse(estimate=estimate, faults=[fault] if len(request.items) > 2 else [])
        return jobs_pb2.CreateJobResponse(job=self.job, estimate=estimate)

    def AddJobItems(self, requests, context):
        fault, added, known = None, 0, {each.key for each in self.specs}
        before = len(known)
        for number, request in enumerate(requests):
            fault = self._take(request, context) or fault
            fresh = [each for each in request.items if each.key not in known]
            self.specs += fresh
            known |= {each.key for each in fresh}
            added += len(request.items)
            if fault is not None and number + 1 >= fault.after:
                fault.strike(context)
        new = len(known) - before
        self.job.counts.total = len(self.specs)
        return jobs_pb2.AddJobItemsResponse(job=self.job, added=new, known=added - new)

    def GetJob(self, request, context):
        self._take(request, context)
        return jobs_pb2.GetJobResponse(job=self.job)

    def ListJobs(self, request, context):
        self._take(request, context)
        if not request.page_token:
            return jobs_pb2.ListJobsResponse(jobs=[self.job], next_page_token="2")  # noqa: S106 - a token of pages
        return jobs_pb2.ListJobsResponse(jobs=[jobs_pb2.Job(job_id="j0", state=DONE)])

    def ListJobItems(self, request, context):
        self._take(request, context)
        start = int(request.page_token or 0)
        token = str(start + 2) if start + 2 < len(self.items) else ""
        return jobs_pb2.ListJobItemsResponse(items=self.items[start : start + 2], next_page_token=token)

    def CancelJob(self, request, context):
        self._take(request, context)
        self.job.state = jobs_pb2.Job.CANCELLED
        return jobs_pb2.CancelJobResponse(job=self.job)

    def PauseJob(self, request, context):
        self._take(request, context)
        self.job.state = jobs_pb2.Job.PAUSED
        return jobs_pb2.PauseJobResponse(job=self.job)

    def ResumeJob(self, request, context):
        self._take(request, context)
        self.job.state = ACTIVE
        return jobs_pb2.ResumeJobResponse(job=self.job)

    def RetryJob(self, request, context):
        self._take(request, context)
        return jobs_pb2.RetryJobResponse(job=self.job, retried=len(request.keys) or 3)

    def DeleteJob(self, request, context):
        self._take(request, context)
        return jobs_pb2.DeleteJobResponse()

    def WatchJob(self, request, context):
        self._take(request, context)
        told = self.watches.pop(0) if len(self.watches) > 1 else self.watches[0]
        for change in told:
            if isinstance(change, jobs_pb2.WatchJobResponse):
                yield change
            else:
                change.strike(context)

    def CreateJobManifest(self, request, context):
        self._take(request, context)
        return jobs_pb2.CreateJobManifestResponse(blob={"key": "jobs/local/j1/items.jsonl"})

    def CreateUpload(self, request, context):
        self._take(request, context)
        self.uploads += 1
        headers = [uploads_pb2.UploadHeader(name="Content-Type", value=request.media_type)]
        return uploads_pb2.CreateUploadResponse(
            key=f"uploads/local/u{self.uploads}", url=f"{self.upload_url}/u{self.uploads}", headers=headers
        )

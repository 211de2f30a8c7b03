"""JobService and UploadService over gRPC."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from services.api import jobs, uploads
from services.gateway.rpc import GrpcContext, InputStream, Rpcs
from services.pb.vitrine.v1 import jobs_pb2, uploads_pb2


class JobRpcs(Rpcs):
    """Many photos by one recipe, and the files that callers put into the store for them."""

    async def CreateJob(
        self, message: jobs_pb2.CreateJobRequest, grpc_context: GrpcContext
    ) -> jobs_pb2.CreateJobResponse:
        """A job of a recipe and its items."""
        return await self._unary(
            "CreateJob", grpc_context, message, jobs.CreateJobRequest, self._services.jobs.create_job,
            jobs_pb2.CreateJobResponse,
        )  # fmt: skip

    async def AddJobItems(self, stream: InputStream, grpc_context: GrpcContext) -> jobs_pb2.AddJobItemsResponse:
        """Further items, message by message."""
        return await self._collected(
            "AddJobItems", grpc_context, stream, jobs.AddJobItemsRequest, self._services.jobs.add_job_items,
            jobs_pb2.AddJobItemsResponse,
        )  # fmt: skip

    async def GetJob(self, message: jobs_pb2.GetJobRequest, grpc_context: GrpcContext) -> jobs_pb2.GetJobResponse:
        """A job as it is now."""
        return await self._unary(
            "GetJob", grpc_context, message, jobs.GetJobRequest, self._services.jobs.get_job, jobs_pb2.GetJobResponse
        )

    async def ListJobs(self, message: jobs_pb2.ListJobsRequest, grpc_context: GrpcContext) -> jobs_pb2.ListJobsResponse:
        """The tenant's jobs, the newest first."""
        return await self._unary(
            "ListJobs", grpc_context, message, jobs.ListJobsRequest, self._services.jobs.list_jobs,
            jobs_pb2.ListJobsResponse,
        )  # fmt: skip

    async def ListJobItems(
        self, message: jobs_pb2.ListJobItemsRequest, grpc_context: GrpcContext
    ) -> jobs_pb2.ListJobItemsResponse:
        """A job's items, by number."""
        return await self._unary(
            "ListJobItems", grpc_context, message, jobs.ListJobItemsRequest, self._services.jobs.list_job_items,
            jobs_pb2.ListJobItemsResponse,
        )  # fmt: skip

    async def CancelJob(
        self, message: jobs_pb2.CancelJobRequest, grpc_context: GrpcContext
    ) -> jobs_pb2.CancelJobResponse:
        """The end of a job, or of some items."""
        return await self._unary(
            "CancelJob", grpc_context, message, jobs.CancelJobRequest, self._services.jobs.cancel_job,
            jobs_pb2.CancelJobResponse,
        )  # fmt: skip

    async def PauseJob(self, message: jobs_pb2.PauseJobRequest, grpc_context: GrpcContext) -> jobs_pb2.PauseJobResponse:
        """No further item begins."""
        return await self._unary(
            "PauseJob", grpc_context, message, jobs.PauseJobRequest, self._services.jobs.pause_job,
            jobs_pb2.PauseJobResponse,
        )  # fmt: skip

    async def ResumeJob(
        self, message: jobs_pb2.ResumeJobRequest, grpc_context: GrpcContext
    ) -> jobs_pb2.ResumeJobResponse:
        """They begin again."""
        return await self._unary(
            "ResumeJob", grpc_context, message, jobs.ResumeJobRequest, self._services.jobs.resume_job,
            jobs_pb2.ResumeJobResponse,
        )  # fmt: skip

    async def RetryJob(self, message: jobs_pb2.RetryJobRequest, grpc_context: GrpcContext) -> jobs_pb2.RetryJobResponse:
        """Failed items are tried again."""
        return await self._unary(
            "RetryJob", grpc_context, message, jobs.RetryJobRequest, self._services.jobs.retry_job,
            jobs_pb2.RetryJobResponse,
        )  # fmt: skip

    async def DeleteJob(
        self, message: jobs_pb2.DeleteJobRequest, grpc_context: GrpcContext
    ) -> jobs_pb2.DeleteJobResponse:
        """A job that has ended goes, with its results."""
        return await self._unary(
            "DeleteJob", grpc_context, message, jobs.DeleteJobRequest, self._services.jobs.delete_job,
            jobs_pb2.DeleteJobResponse,
        )  # fmt: skip

    async def WatchJob(
        self, message: jobs_pb2.WatchJobRequest, grpc_context: GrpcContext
    ) -> AsyncIterator[jobs_pb2.WatchJobResponse]:
        """What changes, until the job has ended."""
        stream = self._stream(
            "WatchJob", grpc_context, message, jobs.WatchJobRequest, self._services.jobs.watch_job,
            jobs_pb2.WatchJobResponse,
        )  # fmt: skip
        async with aclosing(stream):
            async for each in stream:
                yield each

    async def CreateJobManifest(
        self, message: jobs_pb2.CreateJobManifestRequest, grpc_context: GrpcContext
    ) -> jobs_pb2.CreateJobManifestResponse:
        """What became of every item, as a file."""
        return await self._unary(
            "CreateJobManifest", grpc_context, message, jobs.CreateJobManifestRequest,
            self._services.jobs.create_job_manifest, jobs_pb2.CreateJobManifestResponse,
        )  # fmt: skip

    async def CreateUpload(
        self, message: uploads_pb2.CreateUploadRequest, grpc_context: GrpcContext
    ) -> uploads_pb2.CreateUploadResponse:
        """An address to send a file to."""
        return await self._unary(
            "CreateUpload", grpc_context, message, uploads.CreateUploadRequest, self._services.uploads.create_upload,
            uploads_pb2.CreateUploadResponse,
        )  # fmt: skip

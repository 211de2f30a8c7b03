"""Jobs over gRPC: messages both ways, streams in and out."""

import grpc
import pytest

from services.api import jobs
from services.common.errors import NotFound, WrongState
from services.pb.vitrine.v1 import jobs_pb2, uploads_pb2
from tests.support.fake_jobs import FakeJobs, FakeUploads
from tests.support.gateway_parts import Parts
from tests.support.grpc_context import FakeContext, FakeStream


@pytest.fixture
def parts(tmp_path):
    return Parts(tmp_path, jobs=FakeJobs(), uploads=FakeUploads())


UNARY = ["GetJob", "ListJobs", "ListJobItems", "CancelJob", "PauseJob", "ResumeJob", "RetryJob", "DeleteJob",
         "CreateJob", "CreateJobManifest"]  # fmt: skip


@pytest.mark.parametrize("method", UNARY)
async def test_call_reaches_the_service_under_its_name(parts, method):
    message, context = getattr(jobs_pb2, f"{method}Request")(), FakeContext()
    answer = await getattr(parts.grpc_api(), method)(message, context)
    assert type(answer) is getattr(jobs_pb2, f"{method}Response")
    assert context.code is None
    assert type(parts.jobs.asked[0]) is getattr(jobs, f"{method}Request")
    assert parts.jobs.calls[0].method == method


async def test_wrong_state_is_a_failed_precondition(parts):
    parts.jobs.error = WrongState("the job is DONE and can't become PAUSED", field="job_id", state="DONE")
    context = FakeContext()
    await parts.grpc_api().PauseJob(jobs_pb2.PauseJobRequest(job_id="j1"), context)
    assert context.code is grpc.StatusCode.FAILED_PRECONDITION
    assert context.details == "the job is DONE and can't become PAUSED"


async def test_upload_is_signed(parts):
    answer = await parts.grpc_api().CreateUpload(
        uploads_pb2.CreateUploadRequest(media_type="text/csv", size_bytes=2**33), FakeContext()
    )
    assert answer.headers[0].value == "text/csv"
    assert parts.uploads.asked[0].size_bytes == 2**33


async def test_stream_of_items_is_taken_to_its_end(parts):
    stream = FakeStream(
        jobs_pb2.AddJobItemsRequest(job_id="j1", items=[{"key": "a"}, {"key": "b"}]),
        jobs_pb2.AddJobItemsRequest(items=[{"key": "c"}], close=True),
    )
    context = FakeContext()
    answer = await parts.grpc_api().AddJobItems(stream, context)
    assert (answer.added, context.code) == (3, None)
    assert parts.jobs.asked[1].close


@pytest.mark.parametrize(
    "stream",
    [
        FakeStream(jobs_pb2.AddJobItemsRequest(job_id="j1"), cancelled=True),
        FakeStream(jobs_pb2.AddJobItemsRequest(job_id="j1"), RuntimeError("the actor died: pid 7")),
    ],
    ids=["caller left", "proxy died"],
)
async def test_stream_without_an_end_of_its_own_is_cancelled(parts, stream):
    context = FakeContext()
    await parts.grpc_api().AddJobItems(stream, context)
    assert context.code is grpc.StatusCode.CANCELLED
    assert "pid" not in context.details


async def test_faulty_item_in_a_stream_is_named(parts):
    stream = FakeStream(jobs_pb2.AddJobItemsRequest(job_id="j1", items=[{"key": "a"}, {"key": "with space"}]))
    context = FakeContext()
    await parts.grpc_api().AddJobItems(stream, context)
    assert context.code is grpc.StatusCode.INVALID_ARGUMENT
    assert "items.1.key" in context.details


async def test_changes_are_streamed_as_they_come(parts):
    parts.jobs.changes = [
        jobs.WatchJobResponse(version=4, item=jobs.JobItem(number=1, state=jobs.ItemState.FAILED, version=3)),
        jobs.WatchJobResponse(version=5, job=parts.jobs.job),
    ]
    stream = parts.grpc_api().WatchJob(jobs_pb2.WatchJobRequest(job_id="j1", after_version=3), FakeContext())
    told = [(each.version, each.WhichOneof("event")) async for each in stream]
    assert told == [(4, "item"), (5, "job")]
    assert parts.jobs.asked[0].after_version == 3


async def test_watch_of_an_unknown_job_ends_with_its_error(parts):
    parts.jobs.changes, context = [NotFound("there is no such job", field="job_id")], FakeContext()
    stream = parts.grpc_api().WatchJob(jobs_pb2.WatchJobRequest(job_id="j2"), context)
    assert [each async for each in stream] == [jobs_pb2.WatchJobResponse()]
    assert context.code is grpc.StatusCode.NOT_FOUND


async def test_job_can_be_stopped_by_a_tenant_that_asks_too_often(tmp_path):
    parts = Parts(tmp_path, jobs=FakeJobs(), uploads=FakeUploads(), tenants={"rate_per_s": 0.001, "burst_requests": 1})
    codes = []
    for method in ("CreateJob", "CreateJob", "PauseJob", "CancelJob"):
        context = FakeContext()
        await getattr(parts.grpc_api(), method)(getattr(jobs_pb2, f"{method}Request")(), context)
        codes.append(context.code)
    assert codes == [None, grpc.StatusCode.RESOURCE_EXHAUSTED, None, None]


@pytest.mark.parametrize(
    ("method", "allowed"),
    [("GetJob", True), ("ListJobs", True), ("ListJobItems", True), ("CreateJobManifest", True), ("CancelJob", False),
     ("DeleteJob", False), ("CreateJob", False)],
)  # fmt: skip
async def test_key_for_reading_can_look_and_nothing_else(parts, method, allowed):
    key = parts.new_key("acme", ("read",))
    context = FakeContext([("authorization", f"Bearer {key}")])
    await getattr(parts.grpc_api(), method)(getattr(jobs_pb2, f"{method}Request")(), context)
    assert (context.code is None) == allowed

"""RPCs write errors into the context as google.rpc.Status, and never raise."""

import asyncio

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2

from services.common.errors import NotReady
from services.gateway.grpc_api import STATUS_DETAILS_KEY
from services.pb.vitrine.v1 import catalog_pb2, studio_pb2
from tests.support.gateway_parts import Parts
from tests.support.stepping_workflow import PREVIEW, SteppingWorkflow

HEALTH = health_pb2.HealthCheckResponse


class FakeContext:
    """Serve's context, as far as it is used."""

    def __init__(self, metadata=(), peer="ipv4:127.0.0.1:4000"):
        self.metadata, self.caller = list(metadata), peer
        self.code, self.details, self.trailing = None, "", [("request_id", "made-by-serve")]

    def peer(self):
        return self.caller

    def invocation_metadata(self):
        return self.metadata

    def trailing_metadata(self):
        return self.trailing

    def set_code(self, code):
        self.code = code

    def set_details(self, details):
        self.details = details

    def set_trailing_metadata(self, metadata):
        self.trailing = self.trailing[:1] + metadata

    @property
    def status(self):
        return status_pb2.Status.FromString(dict(self.trailing)[STATUS_DETAILS_KEY])


@pytest.fixture
def api(tmp_path):
    return lambda **options: Parts(tmp_path, **options).grpc_api()


async def test_refusal_carries_the_report(api, photo):
    context = FakeContext()
    request = studio_pb2.CreateShotRequest(image={"content": photo}, scene_id="white", max_attempts=2)
    await api(failing={"structure": 99}).CreateShot(request, context)
    assert context.code is grpc.StatusCode.FAILED_PRECONDITION
    report = studio_pb2.PreservationReport()
    assert context.status.details[-1].Unpack(report)
    assert report.attempts == 2
    assert [each.name for each in report.measures if not each.passed] == ["structure"]


async def test_shot_is_answered_with_the_callers_request_id(api, photo):
    context = FakeContext([("request_id", "mine-1")])
    request = studio_pb2.CreateShotRequest(image={"content": photo}, scene_id="white")
    answer = await api().CreateShot(request, context)
    assert answer.request_id == "mine-1"
    assert dict(context.trailing)["x-request-id"] == "mine-1"
    assert context.code is None


async def test_request_id_that_serve_made_is_taken_up(api):
    context = FakeContext()
    await api().ListScenes(catalog_pb2.ListScenesRequest(), context)
    assert dict(context.trailing)["x-request-id"] == "made-by-serve"


async def test_error_has_code_text_and_details(api):
    context = FakeContext()
    answer = await api().CreateCutout(studio_pb2.CreateCutoutRequest(), context)
    assert answer == studio_pb2.CreateCutoutResponse()
    assert context.code is grpc.StatusCode.INVALID_ARGUMENT
    assert context.details == context.status.message
    info = error_details_pb2.ErrorInfo()
    assert context.status.details[0].Unpack(info)
    assert (info.reason, info.domain) == ("INVALID_INPUT", "vitrine")


async def test_stream_ends_with_an_empty_message_that_carries_the_error(api):
    context = FakeContext()
    messages = [each async for each in api().ReadBlob(studio_pb2.ReadBlobRequest(key="none"), context)]
    assert messages == [studio_pb2.ReadBlobResponse()]
    assert context.code is grpc.StatusCode.NOT_FOUND
    assert context.status.code == grpc.StatusCode.NOT_FOUND.value[0]


async def test_stream_carries_previews_as_bytes(tmp_path, photo):
    api, context = Parts(tmp_path, workflow=SteppingWorkflow).grpc_api(), FakeContext()
    shot = {"image": {"content": photo}, "scene_id": "white", "steps": 2}
    stream = api.StreamShot(studio_pb2.StreamShotRequest(shot=shot, preview_every=2), context)
    told = [each.step async for each in stream if each.WhichOneof("event") == "step"]
    assert [(each.step, each.steps, each.attempt, each.preview) for each in told] == [
        (1, 2, 1, b""),
        (2, 2, 1, PREVIEW),
    ]
    assert context.code is None


async def test_unknown_error_tells_nothing(api, photo):
    context = FakeContext()
    broken = api(faults={"segment": RuntimeError("/etc/secret")})
    await broken.CreateShot(studio_pb2.CreateShotRequest(image={"content": photo}, scene_id="white"), context)
    assert context.code is grpc.StatusCode.INTERNAL
    assert "secret" not in str(context.status)


@pytest.mark.parametrize("method", ["CreateCutout", "CreateShot", "ListScenes", "ListModels"])
async def test_caller_from_elsewhere_is_refused(api, method):
    context = FakeContext(peer="ipv4:203.0.113.9:4000")
    requests = {**vars(studio_pb2), **vars(catalog_pb2)}
    await getattr(api(), method)(requests[f"{method}Request"](), context)
    assert context.code is grpc.StatusCode.PERMISSION_DENIED


async def test_health_follows_readiness(api):
    assert (await api().Check(health_pb2.HealthCheckRequest(), FakeContext())).status == HEALTH.SERVING
    starting = api(faults={"segment": NotReady("starting")})
    assert (await starting.Check(health_pb2.HealthCheckRequest(), FakeContext())).status == HEALTH.NOT_SERVING


async def test_health_is_told_to_anyone(api):
    context = FakeContext(peer="ipv4:203.0.113.9:4000")
    assert (await api().Check(health_pb2.HealthCheckRequest(), context)).status == HEALTH.SERVING


async def test_watch_tells_of_unknown_services_and_of_changes(tmp_path, monkeypatch):
    parts = Parts(tmp_path, faults={"segment": NotReady("starting")})
    served = parts.grpc_api()
    monkeypatch.setattr(served, "WATCH_INTERVAL_S", 0.01)
    watch = served.Watch(health_pb2.HealthCheckRequest(), FakeContext())
    assert (await anext(watch)).status == HEALTH.NOT_SERVING
    change = asyncio.ensure_future(anext(watch))
    await asyncio.sleep(0.05)
    assert not change.done()
    parts.fakes.faults.clear()
    assert (await change).status == HEALTH.SERVING
    monkeypatch.setattr(served, "WATCH_LIFETIME_S", 0.0)
    assert [each async for each in served.Watch(health_pb2.HealthCheckRequest(), FakeContext())] == []
    await watch.aclose()
    unknown = served.Watch(health_pb2.HealthCheckRequest(service="x"), FakeContext())
    assert [each.status async for each in unknown] == [HEALTH.SERVICE_UNKNOWN]

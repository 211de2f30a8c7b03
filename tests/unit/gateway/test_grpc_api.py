"""RPCs write errors into the context as google.rpc.Status, and never raise."""

import asyncio

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2

from services.common.errors import NotReady
from services.pb.vitrine.v1 import catalog_pb2, studio_pb2, usage_pb2
from tests.support.gateway_parts import Parts
from tests.support.grpc_context import ELSEWHERE, FakeContext

HEALTH = health_pb2.HealthCheckResponse


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
    api, context = Parts(tmp_path, draws=True).grpc_api(), FakeContext()
    shot = {"image": {"content": photo}, "scene_id": "white", "steps": 2}
    stream = api.StreamShot(studio_pb2.StreamShotRequest(shot=shot, preview_every=2), context)
    told = [each.step async for each in stream if each.WhichOneof("event") == "step"]
    assert [(each.step, each.steps, each.attempt) for each in told] == [(1, 2, 1), (2, 2, 1)]
    assert (told[0].preview, told[1].preview[:2]) == (b"", b"\xff\xd8")
    assert context.code is None


async def test_unknown_error_tells_nothing(api, photo):
    context = FakeContext()
    broken = api(faults={"segment": RuntimeError("/etc/secret")})
    await broken.CreateShot(studio_pb2.CreateShotRequest(image={"content": photo}, scene_id="white"), context)
    assert context.code is grpc.StatusCode.INTERNAL
    assert "secret" not in str(context.status)


async def test_health_follows_readiness(api):
    assert (await api().Check(health_pb2.HealthCheckRequest(), FakeContext())).status == HEALTH.SERVING
    starting = api(faults={"segment": NotReady("starting")})
    assert (await starting.Check(health_pb2.HealthCheckRequest(), FakeContext())).status == HEALTH.NOT_SERVING


async def test_health_is_told_to_anyone(api):
    context = FakeContext(peer=ELSEWHERE)
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
    await watch.aclose()
    unknown = served.Watch(health_pb2.HealthCheckRequest(service="x"), FakeContext())
    assert [each.status async for each in unknown] == [HEALTH.SERVICE_UNKNOWN]


async def test_rate_is_told_beside_every_answer_that_counts(tmp_path, photo):
    parts = Parts(tmp_path, tenants={"rate_per_s": 0.001, "burst_requests": 2})
    request = studio_pb2.CreateShotRequest(image={"content": photo}, scene_id="white")
    contexts = [FakeContext() for _ in range(3)]
    for context in contexts:
        copy = studio_pb2.CreateShotRequest()
        copy.CopyFrom(request)
        await parts.grpc_api().CreateShot(copy, context)
    assert [dict(each.trailing).get("ratelimit-remaining") for each in contexts] == ["1", "0", None]
    assert [each.code for each in contexts] == [None, None, grpc.StatusCode.RESOURCE_EXHAUSTED]
    retry = error_details_pb2.RetryInfo()
    assert contexts[2].status.details[-1].Unpack(retry)
    assert 900 < retry.retry_delay.seconds <= 1000
    free = FakeContext()
    await parts.grpc_api().ListScenes(catalog_pb2.ListScenesRequest(), free)
    assert "ratelimit-limit" not in dict(free.trailing)


@pytest.mark.parametrize("name", ["idempotency-key", "request_id"])
async def test_request_that_is_repeated_under_its_key_is_made_once(tmp_path, photo, name):
    parts, answers = Parts(tmp_path), []
    for _ in range(2):
        request = studio_pb2.CreateShotRequest(image={"content": photo}, scene_id="white")
        answers.append(await parts.grpc_api().CreateShot(request, FakeContext([(name, "order-17")])))
    assert answers[0].image.key == answers[1].image.key
    assert len(parts.fakes.seeds) == 1


async def test_id_that_serve_made_is_no_key(tmp_path, photo):
    parts = Parts(tmp_path)
    for _ in range(2):
        request = studio_pb2.CreateShotRequest(image={"content": photo}, scene_id="white")
        await parts.grpc_api().CreateShot(request, FakeContext())
    assert len(parts.fakes.seeds) == 2


async def test_stream_that_is_repeated_tells_the_shot_alone(tmp_path, photo):
    parts, streams = Parts(tmp_path), []
    for _ in range(2):
        shot = studio_pb2.CreateShotRequest(image={"content": photo}, scene_id="white")
        stream = parts.grpc_api().StreamShot(
            studio_pb2.StreamShotRequest(shot=shot), FakeContext([("idempotency-key", "order-17")])
        )
        streams.append([each async for each in stream])
    assert len(streams[0]) > 2
    [again] = streams[1]
    assert again.shot.image.sha256 == streams[0][-1].shot.image.sha256


async def test_usage_of_the_callers_tenant_is_told(tmp_path, photo):
    parts = Parts(tmp_path)
    key = [("authorization", f"Bearer {parts.new_key('acme')}")]
    request = studio_pb2.CreateShotRequest(image={"content": photo}, scene_id="white")
    await parts.grpc_api().CreateShot(request, FakeContext(key, ELSEWHERE))
    answer = await parts.grpc_api().GetUsage(usage_pb2.GetUsageRequest(), FakeContext(key, ELSEWHERE))
    [day] = answer.days
    assert (answer.tenant, day.items, answer.quota.items_used, day.bytes_in) == ("acme", 1, 1, len(photo))
    assert (await parts.grpc_api().GetUsage(usage_pb2.GetUsageRequest(), FakeContext())).tenant == "local"


@pytest.mark.parametrize("page_size", [1, -1], ids=["answer", "refusal"])
async def test_answer_says_where_it_stands_in_the_callers_trace(api, page_size):
    context = FakeContext([("traceparent", f"00-{'a' * 32}-{'b' * 16}-01")])
    await api().ListScenes(catalog_pb2.ListScenesRequest(page_size=page_size), context)
    assert dict(context.trailing)["traceparent"].startswith(f"00-{'a' * 32}-")

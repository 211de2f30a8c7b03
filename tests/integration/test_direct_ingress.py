"""Replicas of the gateway that listen themselves keep what the service promises, beside Serve's proxies."""

import time
import uuid
from contextlib import contextmanager

import grpc
import pytest
import ray
from grpc_health.v1 import health_pb2

from loadtests.ingress.front import listening
from services.cli.service_process import ServiceProcess
from services.gateway.http_front import MAX_HEADER_BYTES
from services.pb.vitrine.v1 import catalog_pb2, catalog_pb2_grpc, studio_pb2
from tests.support.running_service import PATIENCE_S, RunningService, details_of, small_service_settings

pytestmark = pytest.mark.service

#: Where replicas may listen; which of the ports one takes is not foreseen.
HTTP_PORTS, GRPC_PORTS = range(17_000, 17_100), range(17_200, 17_300)
#: Calls that a replica takes at once; one more may wait.
PLACES = 4
LIST = catalog_pb2.ListScenesRequest()


class DirectService(RunningService):
    """Asked at the replica's own ports; by `proxied` at Serve's proxies."""

    def __init__(self, settings):
        super().__init__(settings, logs_dir=None)
        self.proxied = RunningService(settings, logs_dir=None)
        self.http_port, self.grpc_port = listening(HTTP_PORTS), listening(GRPC_PORTS)
        self.grpc_address = f"127.0.0.1:{self.grpc_port}"
        self.base_url = f"http://127.0.0.1:{self.http_port}"

    def close(self):
        super().close()
        self.proxied.close()


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    folder = tmp_path_factory.mktemp("direct")
    settings = small_service_settings(folder / "data")
    variables = {
        "VITRINE_RAY__DIRECT_INGRESS": "true", "VITRINE_RAY__DIRECT_HTTP_PORT": str(HTTP_PORTS.start),
        "VITRINE_RAY__DIRECT_GRPC_PORT": str(GRPC_PORTS.start), "VITRINE_RAY__OBJECT_STORE_MB": "200",
        "VITRINE_GATEWAY__MAX_ONGOING_REQUESTS": str(PLACES), "VITRINE_GATEWAY__MAX_QUEUED_REQUESTS": "1",
        "RAY_metrics_report_interval_ms": "1000",
    }  # fmt: skip
    with ServiceProcess(settings, folder / "data", folder / "log", environment=variables) as process:
        process.wait_ready(4 * PATIENCE_S)
        running = DirectService(settings)
        yield running
        running.close()


def test_both_ways_lead_to_the_same_gateway(service):
    for way in (service, service.proxied):
        assert way.http.get("/v1/scenes").json()["scenes"]
        assert way.catalog.ListScenes(LIST).scenes


def test_headers_that_are_too_many_are_a_problem(service):
    answer = service.http.get("/v1/scenes", headers={"cookie": "x" * MAX_HEADER_BYTES})
    assert answer.status_code == answer.json()["status"] == 431


def test_callers_do_not_reach_serves_own_switches(service):
    assert service.http.get("/v1/scenes", headers={"x-request-timeout-seconds": "0.0001"}).status_code == 200


def test_bytes_that_are_no_message_are_told_so(service):
    with pytest.raises(grpc.RpcError) as caught:
        service.channel.unary_unary("/vitrine.v1.StudioService/CreateShot")(b"\xff\xff")
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert details_of(caught.value)["ErrorInfo"].reason == "INVALID_INPUT"


def test_caller_from_another_machine_is_refused(service):
    assert service.http.get("/v1/scenes", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 401
    with grpc.insecure_channel(f"{ray.util.get_node_ip_address()}:{service.grpc_port}") as channel:
        error = catalog_pb2_grpc.CatalogServiceStub(channel).ListScenes.future(LIST).exception()
    assert error.code() is grpc.StatusCode.UNAUTHENTICATED


def test_full_queue_tells_when_to_come_back(service):
    with holding_all_places(service):
        calls = [service.catalog.ListScenes.future(LIST) for _ in range(3)]  # of which one may wait
        wait_until(lambda: sum(each.done() for each in calls) == 2)
        answer = service.http.get("/v1/scenes")
    errors = [each.exception() for each in calls]
    refused = [each for each in errors if each]
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (429, "overloaded", "1")
    assert [each.code() for each in refused] == [grpc.StatusCode.RESOURCE_EXHAUSTED] * 2
    assert details_of(refused[0])["RetryInfo"].retry_delay.seconds == 1


@contextmanager
def holding_all_places(service):
    """Streams without an end at every place of a replica, opened one by one, as each waits for a moment."""
    streams = []
    try:
        for _ in range(PLACES):
            streams.append(service.health.Watch(health_pb2.HealthCheckRequest()))
            next(streams[-1])
        yield
    finally:
        for each in streams:
            each.cancel()


def cancelled_streams(service):
    """Lines of the metric that counts them."""
    lines = [line for line in service.metrics().splitlines() if line.startswith("ray_vitrine_requests_total{")]
    return [line for line in lines if 'method="StreamShot"' in line and 'outcome="cancelled"' in line]


def test_stream_that_its_caller_leaves_is_stopped(service, photo):
    shot = studio_pb2.StreamShotRequest(shot={"image": {"content": photo}, "scene_id": "marble"})
    stream = service.studio.StreamShot(shot, metadata=[("request_id", f"left-{uuid.uuid4().hex}")])
    next(stream)
    stream.cancel()
    wait_until(lambda: cancelled_streams(service))


def wait_until(condition):
    limit = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.1)

"""Replicas of the gateway that listen themselves keep what the service promises, beside Serve's proxies."""

import socket
import time
import uuid

import grpc
import pytest
import ray

from services.cli.service_process import ServiceProcess
from services.gateway.http_front import MAX_HEADER_BYTES
from services.pb.vitrine.v1 import catalog_pb2, catalog_pb2_grpc, studio_pb2
from tests.support.running_service import PATIENCE_S, RunningService, details_of, small_service_settings

pytestmark = pytest.mark.service

HTTP_PORT, GRPC_PORT = 17_000, 17_200
#: One call more than a replica takes, and one that waits.
HELD = 5
LIST = catalog_pb2.ListScenesRequest()


class DirectService(RunningService):
    """Asked at the replica's own ports; by `proxied` at Serve's proxies."""

    def __init__(self, settings):
        super().__init__(settings, logs_dir=None)
        self.proxied = RunningService(settings, logs_dir=None)
        self.grpc_address = f"127.0.0.1:{GRPC_PORT}"
        self.base_url = f"http://127.0.0.1:{HTTP_PORT}"

    def close(self):
        super().close()
        self.proxied.close()


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    folder = tmp_path_factory.mktemp("direct")
    settings = small_service_settings(folder / "data")
    variables = {
        "VITRINE_RAY__DIRECT_INGRESS": "true", "VITRINE_RAY__DIRECT_HTTP_PORT": str(HTTP_PORT),
        "VITRINE_RAY__DIRECT_GRPC_PORT": str(GRPC_PORT), "VITRINE_RAY__OBJECT_STORE_MB": "200",
        "VITRINE_GATEWAY__MAX_ONGOING_REQUESTS": str(HELD - 1), "VITRINE_GATEWAY__MAX_QUEUED_REQUESTS": "1",
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
    with grpc.insecure_channel(f"{ray.util.get_node_ip_address()}:{GRPC_PORT}") as channel:
        error = catalog_pb2_grpc.CatalogServiceStub(channel).ListScenes.future(LIST).exception()
    assert error.code() is grpc.StatusCode.UNAUTHENTICATED


def test_full_queue_tells_when_to_come_back(service):
    head = b"POST /v1/cutouts HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
    held = [socket.create_connection(("127.0.0.1", HTTP_PORT)) for _ in range(HELD)]
    try:
        for wire in held:
            wire.sendall(head)
        time.sleep(1)
        answer = service.http.get("/v1/scenes")
        with pytest.raises(grpc.RpcError) as caught:
            service.catalog.ListScenes(LIST)
    finally:
        for wire in held:
            wire.close()
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (429, "overloaded", "1")
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert details_of(caught.value)["RetryInfo"].retry_delay.seconds == 1


def cancelled_streams(service):
    """Lines of the metric that counts them."""
    lines = [line for line in service.metrics().splitlines() if line.startswith("ray_vitrine_requests_total{")]
    return [line for line in lines if 'method="StreamShot"' in line and 'outcome="cancelled"' in line]


def test_stream_that_its_caller_leaves_is_stopped(service, photo):
    shot = studio_pb2.StreamShotRequest(shot={"image": {"content": photo}, "scene_id": "marble"})
    stream = service.studio.StreamShot(shot, metadata=[("request_id", f"left-{uuid.uuid4().hex}")])
    next(stream)
    stream.cancel()
    limit = time.monotonic() + PATIENCE_S
    while not cancelled_streams(service):
        assert time.monotonic() < limit
        time.sleep(0.5)

"""What transports allow: connections, headers, metadata, fields."""

import time
from contextlib import closing
from http.client import HTTPConnection

import grpc
import pytest

from services.gateway.http_front import MAX_HEADER_BYTES
from services.pb.vitrine.v1 import catalog_pb2
from tests.support.running_service import PATIENCE_S

pytestmark = pytest.mark.service


def test_connection_is_kept_for_the_next_request_and_closed_when_idle(service):
    with closing(HTTPConnection("127.0.0.1", service.settings.http.port, timeout=PATIENCE_S)) as connection:
        for _ in range(2):
            connection.request("GET", "/healthz")
            assert connection.getresponse().read() == b'{"status":"live"}'
        idle_since = time.monotonic()
        assert connection.sock.recv(1) == b""  # the server's end of it
    assert time.monotonic() - idle_since > service.settings.http.keep_alive_s / 2


@pytest.mark.parametrize(
    "headers", [{"cookie": "x" * MAX_HEADER_BYTES}, {f"x-{each}": "1" for each in range(200)}], ids=["bytes", "count"]
)
def test_too_many_headers_are_refused(service, headers):
    answer = service.http.get("/v1/scenes", headers=headers)
    assert answer.status_code == answer.json()["status"] == 431
    assert answer.headers["x-request-id"] == answer.json()["request_id"]


def test_too_much_metadata_is_refused_and_the_connection_goes_on(service):
    with pytest.raises(grpc.RpcError) as caught:
        service.catalog.ListScenes(catalog_pb2.ListScenesRequest(), metadata=[("x-big", "x" * (64 << 10))])
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert service.catalog.ListScenes(catalog_pb2.ListScenesRequest()).scenes


def test_too_many_fields_of_a_form_are_refused(service, photo):
    fields = {f"field{each}": "x" for each in range(257)}
    answer = service.http.post("/v1/shots", files={"image": ("a.jpg", photo)}, data=fields)
    assert answer.status_code == 400
    assert "256" in answer.json()["detail"]


def test_field_that_is_too_long_is_refused(service, photo):
    answer = service.http.post("/v1/shots", files={"image": ("a.jpg", photo)}, data={"scene_id": "x" * (17 << 10)})
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_input"


def test_callers_cannot_lift_the_watch_for_those_who_hang_up(service):
    answer = service.http.get("/v1/scenes", headers={"x-request-timeout-seconds": "0.0001"})
    assert answer.status_code == 200

"""Replicas die under load; callers don't, or are told to come back."""

import socket
import threading
import time
import uuid

import grpc
import httpx
import pytest

from services.client import Vitrine
from services.pb.vitrine.v1 import studio_pb2
from tests.support.replicas import kill, wait_for_others
from tests.support.running_service import PATIENCE_S, details_of

pytestmark = pytest.mark.service

REQUEST = {"scene_id": "white", "canvas": {"width": 256, "height": 256}}
STAGES = ["segment", "generate", "postprocess"]


class Load:
    """Callers who each send one shot after the other, never the same one twice, until told to stop."""

    def __init__(self, service, photo, callers=2):
        self.outcomes = []
        self._ask = lambda: service.studio.CreateShot(
            studio_pb2.CreateShotRequest(image={"content": photo}, **REQUEST), timeout=PATIENCE_S
        )
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(callers)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, count):
        """Until that many more requests have been answered."""
        wanted, limit = len(self.outcomes) + count, time.monotonic() + PATIENCE_S
        while len(self.outcomes) < wanted:
            assert time.monotonic() < limit, self.outcomes
            time.sleep(0.02)

    def _run(self):
        while not self._stopped.is_set():
            try:
                self.outcomes.append(self._ask().image.media_type)
            except grpc.RpcError as error:
                self.outcomes.append(error)


@pytest.mark.parametrize("stage", STAGES)
def test_stage_killed_under_load_costs_no_request(service, photo, stage):
    with Load(service, photo) as load:
        load.wait_for(2)
        dead = kill(stage.title())
        wait_for_others(stage.title(), dead)
        load.wait_for(3)
    assert set(load.outcomes) == {"image/jpeg"}
    assert service.http.get("/readyz").status_code == 200


def wait_for_stage(service, request_id, stage):
    """Until that stage of the request has ended."""
    limit = time.monotonic() + PATIENCE_S
    while not any(line.get("stage") == stage for line in service.log_lines(request_id)):
        assert time.monotonic() < limit
        time.sleep(0.02)


def test_gateway_killed_at_work_answers_that_the_request_may_be_sent_again(service, photo):
    request_id, http_answers = f"lost-{uuid.uuid4().hex}", []

    def over_http():
        http_answers.append(
            httpx.post(
                f"{service.base_url}/v1/shots", files={"image": ("a", photo)}, timeout=PATIENCE_S,
                data={"scene_id": "marble", "canvas.width": "1500", "canvas.height": "1500"},
            )
        )  # fmt: skip

    caller = threading.Thread(target=over_http)
    caller.start()
    call = service.studio.CreateShot.future(
        studio_pb2.CreateShotRequest(
            image={"content": photo}, scene_id="marble", canvas={"width": 1500, "height": 1500}
        ),
        metadata=[("request_id", request_id)],
    )
    wait_for_stage(service, request_id, "segment")
    dead = kill("Gateway")
    error = call.exception()
    caller.join()
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert details_of(error)["ErrorInfo"].reason == "NOT_READY"
    assert details_of(error)["RequestInfo"].request_id == request_id
    assert details_of(error)["RetryInfo"].retry_delay.seconds == 1
    [answer] = http_answers
    assert (answer.status_code, answer.json()["code"], answer.json()["retryable"]) == (503, "not_ready", True)
    assert answer.headers["retry-after"] == "1"
    for text in (error.details(), answer.text):
        assert not any(each in text for each in ("pid", "actor", socket.gethostname(), *map(str, dead)))
    wait_for_others("Gateway", dead)
    assert service.studio.CreateShot(studio_pb2.CreateShotRequest(image={"content": photo}, **REQUEST)).image.key


def test_client_outlives_the_gateway(service, photo):
    pictures = []

    def ask():
        with Vitrine(service.grpc_address) as client:
            pictures.append(client.shot(photo, "white").image.content)

    callers = [threading.Thread(target=ask) for _ in range(2)]
    for caller in callers:
        caller.start()
    time.sleep(0.5)
    dead = kill("Gateway")
    for caller in callers:
        caller.join()
    wait_for_others("Gateway", dead)
    assert len(pictures) == 2

"""Replicas die under load; callers don't, or are told to come back."""

import socket
import threading
import time
import uuid

import grpc
import httpx
import pytest

from services.client import Vitrine
from services.pb.vitrine.v1 import common_pb2, studio_pb2
from tests.support.replicas import kill, pids_of, wait_for_others
from tests.support.running_service import PATIENCE_S, details_of

pytestmark = pytest.mark.service

STAGES = ["segment", "generate", "postprocess"]
#: Side of a canvas in pixels on which a stage works for a second; segmentation sees the photo alone.
SIDES = {"segment": 900, "generate": 2000, "postprocess": 900}


def shot_of(photo, side):
    """A request that every stage works on for a while."""
    return {
        "image": {"content": photo},
        "scene_id": "marble",
        "canvas": {"width": side, "height": side},
        "output": {"format": "WEBP", "quality": 100},
    }


class Load:
    """Callers who each make one shot after the other, and never ask twice for the same.

    Attributes:
        outcomes: The media type of each result, or the error that came instead.
        requests: Ids of those begun.
    """

    def __init__(self, service, photo, side, callers=2):
        self.outcomes = []
        self.requests = []
        self._service = service
        self._request = studio_pb2.StreamShotRequest(shot=shot_of(photo, side))
        self._at = {stage: threading.Event() for stage in STAGES}
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

    def wait_for_answers(self, count):
        """Until that many more requests have been answered."""
        wanted, limit = len(self.outcomes) + count, time.monotonic() + PATIENCE_S
        while len(self.outcomes) < wanted:
            assert time.monotonic() < limit, self.outcomes
            time.sleep(0.02)

    def wait_until_at(self, stage):
        """Until a request comes to that stage."""
        self._at[stage].clear()
        assert self._at[stage].wait(PATIENCE_S)

    def _run(self):
        while not self._stopped.is_set():
            try:
                self.outcomes.append(self._ask())
            except grpc.RpcError as error:
                self.outcomes.append(error)

    def _ask(self):
        self.requests.append(f"load-{uuid.uuid4().hex}")
        metadata = [("request_id", self.requests[-1])]
        for event in self._service.studio.StreamShot(self._request, metadata=metadata, timeout=PATIENCE_S):
            stage = common_pb2.Stage.Name.Name(event.stage.stage).lower()
            if event.stage.state == studio_pb2.StageEvent.STARTED and stage in self._at:
                self._at[stage].set()
        return event.shot.image.media_type


@pytest.mark.parametrize("stage", STAGES)
def test_stage_killed_under_load_costs_no_request(service, photo, stage):
    with Load(service, photo, SIDES[stage]) as load:
        dead = pids_of(stage.title())
        load.wait_until_at(stage)
        time.sleep(0.2)  # a call that has not reached its replica yet is sent elsewhere by Serve itself
        kill(dead)
        wait_for_others(stage.title(), dead)
        load.wait_for_answers(1)
    assert set(load.outcomes) == {"image/webp"}
    assert any("made again" in line["event"] for each in load.requests for line in service.log_lines(each))
    assert service.http.get("/readyz").status_code == 200


def wait_for_stage(service, request_id, stage):
    """Until that stage of a request whose id begins so has ended."""
    limit = time.monotonic() + PATIENCE_S
    while not any(line.get("stage") == stage for line in service.log_lines(request_id)):
        assert time.monotonic() < limit
        time.sleep(0.02)


def test_gateway_killed_at_work_answers_that_the_request_may_be_sent_again(service, photo):
    lost, http_answers = f"lost-{uuid.uuid4().hex}", []

    def over_http():
        http_answers.append(
            httpx.post(
                f"{service.base_url}/v1/shots", files={"image": ("a", photo)}, timeout=PATIENCE_S,
                data={"scene_id": "marble", "canvas.width": "1500", "canvas.height": "1500"},
                headers={"X-Request-Id": f"{lost}-http"},
            )
        )  # fmt: skip

    caller = threading.Thread(target=over_http)
    caller.start()
    call = service.studio.CreateShot.future(
        studio_pb2.CreateShotRequest(**shot_of(photo, side=1500)), metadata=[("request_id", f"{lost}-grpc")]
    )
    wait_for_stage(service, lost, "segment")  # of the one; the other is at it
    dead = kill(pids_of("Gateway"))
    error = call.exception()
    caller.join()
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert details_of(error)["ErrorInfo"].reason == "NOT_READY"
    assert details_of(error)["RequestInfo"].request_id == f"{lost}-grpc"
    assert details_of(error)["RetryInfo"].retry_delay.seconds == 1
    [answer] = http_answers
    assert (answer.status_code, answer.json()["code"], answer.json()["retryable"]) == (503, "not_ready", True)
    assert (answer.headers["retry-after"], answer.headers["x-request-id"]) == ("1", f"{lost}-http")
    for text in (error.details(), answer.text):
        assert not any(each in text for each in ("pid", "actor", socket.gethostname(), *map(str, dead)))
    wait_for_others("Gateway", dead)
    assert service.studio.CreateShot(studio_pb2.CreateShotRequest(**shot_of(photo, side=900))).image.key


def test_client_outlives_the_gateway(service, photo):
    pictures = []

    def ask():
        with Vitrine(service.grpc_address) as client:
            pictures.append(client.shot(photo, "white").image.content)

    callers = [threading.Thread(target=ask) for _ in range(2)]
    for caller in callers:
        caller.start()
    time.sleep(0.5)
    dead = kill(pids_of("Gateway"))
    for caller in callers:
        caller.join()
    wait_for_others("Gateway", dead)
    assert len(pictures) == 2

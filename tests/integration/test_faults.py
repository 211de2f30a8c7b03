"""What goes wrong answers the same on both protocols, and tells nothing of the machine."""

import socket
import threading
import uuid

import grpc
import httpx
import pytest

from services.gateway.status import TABLE
from services.pb.vitrine.v1 import common_pb2, studio_pb2
from tests.support.photos import flat
from tests.support.running_service import details_of

pytestmark = pytest.mark.service


def faults(photo):
    """Name, request fields, error code, field that is told."""
    image = {"content": photo}
    return {
        "no image": ({}, "invalid_input", "image.content"),
        "empty image": ({"image": {"content": b""}}, "invalid_input", "image.content"),
        "not an image": ({"image": {"content": b"GIF89a, almost"}}, "unsupported_media", "image.content"),
        "truncated": ({"image": {"content": photo[: len(photo) // 2]}}, "unsupported_media", "image.content"),
        "too many pixels": ({"image": {"content": flat(2001, 1000)}}, "too_large", "image.content"),
        "too many bytes": ({"image": {"content": bytes((2 << 20) + 1)}}, "too_large", "image.content"),
        "too small": ({"image": {"content": flat(8, 8)}}, "invalid_input", "image.content"),
        "no product": ({"image": {"content": flat(256, 256)}}, "product_not_found", None),
        "unknown scene": ({"image": image, "scene_id": "moon"}, "not_found", "scene_id"),
        "wrong range": ({"image": image, "canvas": {"scale": 9.0}}, "invalid_input", "canvas.scale"),
        "one side": ({"image": image, "canvas": {"width": 64}}, "invalid_input", "canvas"),
        "not a number": ({"image": image, "canvas": {"scale": float("nan")}}, "invalid_input", "canvas.scale"),
        "above the horizon": ({"image": image, "camera_pitch_deg": 91.0}, "invalid_input", "camera_pitch_deg"),
        "quality": ({"image": image, "output": {"quality": 101}}, "invalid_input", "output.quality"),
        "long name": ({"image": image, "scene_id": "x" * 65}, "invalid_input", "scene_id"),
        "huge canvas": ({"image": image, "canvas": {"width": 9000, "height": 64}}, "too_large", "canvas.width"),
    }


NAMES = list(faults(b""))
STAGES = ["segment", "generate", "postprocess"]


def over_grpc(service, fields):
    with pytest.raises(grpc.RpcError) as caught:
        service.studio.CreateShot(studio_pb2.CreateShotRequest(**{"scene_id": "white", **fields}))
    return caught.value


def over_http(service, fields):
    fields = {"scene_id": "white", **fields}
    content = fields.pop("image", {}).get("content")
    form = {name: value for name, value in fields.items() if not isinstance(value, dict)}
    form |= {
        f"{name}.{key}": value for name, part in fields.items() if isinstance(part, dict) for key, value in part.items()
    }
    files = {"image": ("photo", content)} if content is not None else {"pose": (None, "STANDING")}
    return service.http.post("/v1/shots", files=files, data=form)


@pytest.mark.parametrize("name", NAMES)
def test_fault_has_one_code_on_both_protocols(service, photo, name):
    fields, code, field = faults(photo)[name]
    error, answer = over_grpc(service, dict(fields)), over_http(service, dict(fields))
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["code"] == code
    assert answer.status_code == problem["status"] == TABLE[code].http
    assert error.code() == TABLE[code].grpc
    assert details_of(error)["ErrorInfo"].reason == code.upper()
    assert problem["detail"] == error.details()
    assert problem["details"].get("field") == field
    assert problem["request_id"] == answer.headers["x-request-id"]
    for text in (answer.text, error.details(), str(error.trailing_metadata())):
        assert "Traceback" not in text
        assert ".py" not in text
        assert socket.gethostname() not in text


def test_unknown_scene_lists_the_known_ones(service, photo):
    problem = over_http(service, {"image": {"content": photo}, "scene_id": "moon"}).json()
    assert "marble" in problem["details"]["known"]


def test_missing_product_tells_confidence_and_limit(service):
    details = over_http(service, {"image": {"content": flat(256, 256)}}).json()["details"]
    assert details["confidence"] < details["limit"] == service.settings.segment.min_confidence


def test_faulty_field_is_told_as_bad_request_detail(service, photo):
    error = over_grpc(service, {"image": {"content": photo}, "canvas": {"scale": 9.0}})
    assert details_of(error)["BadRequest"].field_violations[0].field == "canvas.scale"
    assert details_of(error)["RequestInfo"].request_id == dict(error.trailing_metadata())["x-request-id"]


def test_streamed_shot_ends_with_the_rich_error(service):
    stream = service.studio.StreamShot(
        studio_pb2.StreamShotRequest(shot={"image": {"content": b"x"}, "scene_id": "white"})
    )
    with pytest.raises(grpc.RpcError) as caught:
        list(stream)
    assert details_of(caught.value)["ErrorInfo"].reason == "UNSUPPORTED_MEDIA"


def test_message_beyond_every_photo_is_refused_by_the_transport(service):
    with pytest.raises(grpc.RpcError) as caught:
        service.studio.CreateShot(studio_pb2.CreateShotRequest(image={"content": bytes(12 << 20)}))
    assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED


def test_body_beyond_every_photo_is_refused_unread(service):
    answer = service.http.post("/v1/shots", files={"image": ("a", bytes(6 << 20))})
    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (("GET", "/nowhere", {}), 404),
        (("GET", "/v1/shots", {}), 405),
        (("POST", "/v1/shots", {"content": b"x", "headers": {"content-type": "text/plain"}}), 415),
        (("POST", "/v1/shots", {"content": b"{", "headers": {"content-type": "application/json"}}), 400),
        (("POST", "/v1/shots", {"json": {"scene": "marble"}}), 400),
        (("GET", "/v1/scenes", {"params": {"page_size": -1}}), 400),
        (("GET", "/v1/scenes", {"params": {"page_token": "%"}}), 400),
        (("GET", "/v1/blobs/shots/x.png", {}), 400),
    ],
    ids=["no path", "method", "media type", "no json", "misspelt", "page size", "page token", "no signature"],
)  # fmt: skip
def test_faulty_http_is_a_problem_too(service, request_, status):
    method, path, options = request_
    answer = service.http.request(method, path, **options)
    assert answer.status_code == answer.json()["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_altered_or_expired_address_is_refused(service, photo):
    address = httpx.URL(service.http.post("/v1/cutouts", files={"image": ("a.jpg", photo)}).json()["image"]["url"])
    for change in ({"signature": "0" * 64}, {"expires": "1"}, {"expires": "9" * 30}):
        answer = httpx.get(address.copy_merge_params(change))
        assert answer.status_code in (400, 403), change
        assert "image" not in answer.headers["content-type"]


def test_only_results_are_read_by_key(service):
    for key in ("../url-signing.key", "url-signing.key", "shots/none.png", ""):
        with pytest.raises(grpc.RpcError) as caught:
            list(service.studio.ReadBlob(studio_pb2.ReadBlobRequest(key=key)))
        assert caught.value.code() == grpc.StatusCode.NOT_FOUND


def test_caller_from_another_machine_is_refused(service):
    # A proxy on this machine names the caller that it speaks for.
    answer = service.http.get("/v1/scenes", headers={"X-Forwarded-For": "203.0.113.9"})
    assert answer.status_code == 401


def test_too_many_requests_are_refused_with_a_time_to_come_back(service, photo):
    request = studio_pb2.CreateShotRequest(image={"content": photo}, scene_id="white")
    calls = [service.studio.CreateShot.future(request) for _ in range(8)]
    outcomes = [call.exception() for call in calls]
    refused = [error for error in outcomes if error]
    assert {error.code() for error in refused} == {grpc.StatusCode.RESOURCE_EXHAUSTED}
    assert len(refused) < len(calls)
    assert details_of(refused[0])["RetryInfo"].retry_delay.seconds >= 1


def test_overload_over_http_has_retry_after(service, photo):
    answers = []

    def ask():
        answers.append(
            httpx.post(
                f"{service.base_url}/v1/shots", files={"image": ("a", photo)}, data={"scene_id": "white"}, timeout=60
            )
        )

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refused = [answer for answer in answers if answer.status_code == 429]
    assert {answer.status_code for answer in answers} == {200, 429}
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)


def test_timeout_of_the_request_stops_the_chain(service, photo):
    request_id = f"late-{uuid.uuid4().hex}"
    request = studio_pb2.CreateShotRequest(image={"content": photo}, scene_id="white", timeout={"nanos": 50_000_000})
    with pytest.raises(grpc.RpcError) as caught:
        service.studio.CreateShot(request, metadata=[("request_id", request_id)])
    assert caught.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    assert details_of(caught.value)["ErrorInfo"].reason == "DEADLINE_EXCEEDED"
    assert "postprocess" not in stages_that_finished(service.wait_for_answer(request_id))


@pytest.mark.parametrize("stage", STAGES)
def test_cancel_during_a_stage_stops_it_and_all_behind_it(service, photo, stage):
    request_id = f"left-{uuid.uuid4().hex}"
    shot = {"image": {"content": photo}, "scene_id": "marble", "canvas": {"width": 1800, "height": 1800}}
    stream = service.studio.StreamShot(studio_pb2.StreamShotRequest(shot=shot), metadata=[("request_id", request_id)])
    next(event for event in stream if common_pb2.Stage.Name.Name(event.stage.stage) == stage.upper())
    stream.cancel()
    lines = service.wait_for_answer(request_id)
    assert [line["outcome"] for line in lines if line["event"] == "request answered"] == ["cancelled"]
    assert not set(STAGES[STAGES.index(stage) :]) & stages_that_finished(lines)


def test_http_caller_who_hangs_up_stops_the_chain(service, photo):
    request_id = f"hung-up-{uuid.uuid4().hex}"
    with pytest.raises(httpx.ReadTimeout):
        service.http.post(
            "/v1/shots", files={"image": ("a", photo)}, data={"scene_id": "white"},
            headers={"X-Request-Id": request_id}, timeout=0.3,
        )  # fmt: skip
    lines = service.wait_for_answer(request_id)
    assert [line["outcome"] for line in lines if line["event"] == "request answered"] == ["cancelled"]
    assert "postprocess" not in stages_that_finished(lines)


def test_caller_who_hangs_up_on_events_stops_the_chain(service, photo):
    request_id = f"hung-up-{uuid.uuid4().hex}"
    with service.http.stream(
        "POST", "/v1/shots", files={"image": ("a", photo)},
        data={"scene_id": "marble", "canvas.width": "1800", "canvas.height": "1800"},
        headers={"X-Request-Id": request_id, "Accept": "text/event-stream"},
    ) as answer:  # fmt: skip
        assert next(answer.iter_lines()) == "event: stage"
    lines = service.wait_for_answer(request_id)
    assert [line["outcome"] for line in lines if line["event"] == "request answered"] == ["cancelled"]
    assert "postprocess" not in stages_that_finished(lines)


def stages_that_finished(lines):
    return {line["stage"] for line in lines if line["event"] == "stage finished"}

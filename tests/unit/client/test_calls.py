"""Both clients, over a real socket, against a service that answers from a script."""

import hashlib

import grpc
import pytest
from google.rpc import code_pb2

from services import client
from services.api.common import OutputOptions, StageName
from services.api.studio import Canvas, CreateShotResponse, DenoisingStep, StageEvent
from services.client import Health
from services.common.errors import (
    DeadlineExceeded,
    Internal,
    InvalidInput,
    NotFound,
    Overloaded,
    StorageUnavailable,
)
from services.common.image import ImageFormat
from services.common.pose import Pose
from services.pb.vitrine.v1 import studio_pb2
from tests.support.canned_service import PICTURE, Fault, rich_status


def test_every_type_that_an_option_takes_comes_with_the_client(call, service):
    shoe = client.ProductSelection(
        include_points=[client.Point(x=1, y=2)], exclude_boxes=[client.Box(left=3, top=4, width=5, height=6)]
    )
    call("cutout", b"photo", selection=shoe)
    assert service.requests[0].selection.include_points[0].y == 2
    assert service.requests[0].selection.exclude_boxes[0].width == 5


def test_shot_carries_the_picture_and_what_the_service_tells(call):
    shot = call("shot", b"photo", "marble", seed=7)
    assert shot.image.content == PICTURE
    assert (shot.scene_id, shot.seed, shot.image.width) == ("marble", 7, 8)
    assert shot.preservation.core_area_px == 2**40
    assert [timing.stage for timing in shot.timings] == [StageName.SEGMENT]


def test_shot_sends_what_was_asked_and_leaves_the_rest_to_the_service(call, service):
    canvas = Canvas(width=800, height=600, padding=0.1)
    call("shot", b"photo", "marble", canvas=canvas, pose=Pose.LYING, camera_pitch_deg=0.0, timeout_s=3)
    request = service.requests[0]
    assert (request.image.content, request.scene_id, request.canvas.width) == (b"photo", "marble", 800)
    assert request.HasField("camera_pitch_deg")
    assert not request.HasField("seed")
    assert not request.canvas.HasField("scale")
    assert request.pose == request.LYING
    assert request.timeout.seconds == 3


@pytest.mark.parametrize("url", ["https://a.example/x.jpg", "s3://bucket/x.jpg"])
def test_address_is_sent_instead_of_a_file(call, service, url):
    call("cutout", url)
    assert (service.requests[0].image.url, service.requests[0].image.content) == (url, b"")


def test_address_that_is_too_long_is_refused_before_it_is_sent(call, service):
    with pytest.raises(InvalidInput, match="url"):
        call("cutout", "https://a.example/" + "x" * 2048)
    assert service.requests == []


def test_picture_is_asked_for_in_the_answer_whatever_else_is_asked_of_it(call, service):
    call("cutout", b"photo", crop=True, output=OutputOptions(format=ImageFormat.WEBP, quality=80))
    output = service.requests[0].output
    assert (output.inline, output.quality) == (True, 80)


@pytest.mark.parametrize("method", [("cutout", b"photo"), ("shot", b"photo", "marble")], ids=["cutout", "shot"])
def test_picture_too_large_for_the_answer_is_fetched(call, service, method):
    service.inline = False
    assert call(*method).image.content == PICTURE
    assert service.requests[-1].key == "shots/1.jpg"


def test_fetch_that_breaks_off_is_not_patched_together(call, service):
    service.faults.append(Fault(code=grpc.StatusCode.UNAVAILABLE, after=2))
    with pytest.raises(Exception, match="no service answers"):
        call("read_blob", "shots/1.jpg")


@pytest.mark.parametrize("inline", [True, False])
def test_layers_come_with_their_bytes(call, service, inline):
    service.inline, service.layers = inline, ["ALPHA", "SHADOW"]
    shot = call("shot", b"photo", "marble", layers=["ALPHA", "SHADOW"])
    assert [(layer.name, layer.blob.content) for layer in shot.layers] == [("ALPHA", PICTURE), ("SHADOW", PICTURE)]
    assert list(service.requests[0].layers) == [studio_pb2.Layer.ALPHA, studio_pb2.Layer.SHADOW]


def test_damaged_picture_is_refused(call, service):
    service.sha256 = hashlib.sha256(b"other").hexdigest()
    with pytest.raises(Internal, match="damaged"):
        call("shot", b"photo", "marble")


def test_photo_may_be_a_path_or_its_name(call, service, tmp_path):
    path = tmp_path / "cup.jpg"
    path.write_bytes(b"photo of a cup")
    call("cutout", path)
    call("cutout", str(path))
    assert [request.image.content for request in service.requests] == [b"photo of a cup"] * 2


def test_photo_that_is_not_there_is_said_before_anything_is_sent(call, service, tmp_path):
    with pytest.raises(InvalidInput, match="can't be read: No such file"):
        call("cutout", tmp_path / "missing.jpg")
    assert not service.requests


def test_option_out_of_range_is_said_before_anything_is_sent(call, service):
    with pytest.raises(InvalidInput) as caught:
        call("shot", b"photo", "marble", camera_pitch_deg=91.0)
    assert caught.value.details["field"] == "camera_pitch_deg"
    assert not service.requests


def test_stream_tells_the_stages_and_then_the_shot(call):
    events = call("stream_shot", b"photo", "marble")
    assert [type(event) for event in events] == [StageEvent, StageEvent, CreateShotResponse]
    assert events[0].stage is StageName.DECODE
    assert events[-1].image.content == PICTURE


def test_stream_tells_steps_with_the_previews_asked_for(call, service):
    events = call("stream_shot", b"photo", "marble", steps=4, preview_every=2)
    steps = [event for event in events if isinstance(event, DenoisingStep)]
    assert [(each.step, each.steps, each.preview) for each in steps] == [
        (1, 4, b""), (2, 4, service.preview), (3, 4, b""), (4, 4, service.preview),
    ]  # fmt: skip
    assert isinstance(events[-1], CreateShotResponse)


@pytest.mark.parametrize("method", ["shot", "stream_shot"])
def test_what_is_to_be_drawn_reaches_the_service(call, service, tmp_path, method):
    picture = tmp_path / "desert.jpg"
    picture.write_bytes(b"a desert")
    call(
        method, b"photo", "marble", prompt="at noon", negative_prompt="clouds", steps=20, guidance=1.0,
        plate_strength=0.0, scheduler=client.Scheduler.EULER, deterministic=True, reference=picture, upscale=True,
        words=client.SceneWords(product="a mug"),
    )  # fmt: skip
    sent = service.requests[0]
    request = sent.shot if method == "stream_shot" else sent
    assert (request.prompt, request.negative_prompt, request.steps) == ("at noon", "clouds", 20)
    assert (request.scheduler, request.deterministic, request.upscale) == (request.EULER, True, True)
    assert request.HasField("plate_strength")
    assert (request.guidance, request.reference.content, request.words.product) == (1.0, b"a desert", "a mug")


def test_reference_that_is_not_there_is_said_before_anything_is_sent(call, service, tmp_path):
    with pytest.raises(InvalidInput, match="the reference"):
        call("shot", b"photo", "marble", reference=tmp_path / "missing.jpg")
    assert not service.requests


def test_lists_are_read_to_their_last_page(call):
    assert [scene.scene_id for scene in call("scenes")] == ["marble", "window"]
    assert call("scenes")[0].poses == [Pose.LYING]
    assert call("models")[0].size_bytes == 2**33


def test_health_is_the_services_own_word(call):
    assert call("health") is Health.SERVING


def test_message_above_grpcs_default_limit_passes(call, service):
    call("cutout", bytes(5 << 20))
    assert len(service.requests[0].image.content) == 5 << 20


def test_previews_out_of_range_are_said_before_anything_is_sent(call, service):
    with pytest.raises(InvalidInput, match="preview_every: a whole number from 0 to 100"):
        call("stream_shot", b"photo", "marble", preview_every=101)
    assert not service.requests


@pytest.mark.parametrize("method", ["shot", "stream_shot"])
def test_error_arrives_as_the_class_the_service_raised(call, service, method):
    service.faults.append(
        Fault(rich_status("not_found", "no scene 'moon'", code_pb2.NOT_FOUND, known='["marble"]', field="scene_id"))
    )
    with pytest.raises(NotFound) as caught:
        call(method, b"photo", "moon")
    assert caught.value.message == "no scene 'moon'"
    assert caught.value.details == {"known": ["marble"], "field": "scene_id"}
    assert len(service.requests) == 1


@pytest.mark.parametrize("method", ["shot", "stream_shot"])
def test_error_that_may_pass_is_tried_again(call, service, method):
    service.faults += [Fault(rich_status("overloaded", retry_after_s=0.01)), Fault(code=grpc.StatusCode.UNAVAILABLE)]
    call(method, b"photo", "marble")
    assert len(service.requests) == 3


@pytest.mark.parametrize("method", ["shot", "stream_shot"])
def test_repeated_request_keeps_its_id(call, service, method):
    service.faults.append(Fault(rich_status("not_ready", retry_after_s=0.01)))
    call(method, b"photo", "marble")
    call(method, b"photo", "marble")
    first, repeated, other = service.request_ids
    assert first == repeated != other


def test_repeated_request_asks_for_the_time_that_is_left(call, service):
    service.faults.append(Fault(rich_status("overloaded", retry_after_s=0.2)))
    call("shot", b"photo", "marble", timeout_s=4)
    first, second = (request.timeout.ToTimedelta().total_seconds() for request in service.requests)
    assert first == 4
    assert second < 3.9


def test_wait_beyond_the_callers_time_is_not_waited_for(call, service):
    service.faults.append(Fault(rich_status("overloaded", "busy", retry_after_s=60)))
    with pytest.raises(Overloaded, match="busy"):
        call("shot", b"photo", "marble", timeout_s=2)
    assert len(service.requests) == 1


def test_attempts_are_bounded(call, service):
    service.faults += [Fault(rich_status("storage_unavailable", retry_after_s=0)) for _ in range(9)]
    with pytest.raises(StorageUnavailable):
        call("cutout", b"photo")
    assert len(service.requests) == 5


def test_stream_that_broke_after_it_began_is_not_begun_again(call, service):
    service.faults.append(Fault(rich_status("overloaded", retry_after_s=0.01), after=1))
    with pytest.raises(Overloaded):
        call("stream_shot", b"photo", "marble")
    assert len(service.requests) == 1


def test_call_that_takes_too_long_is_given_up(call, service):
    service.delay_s = 0.5
    with pytest.raises(DeadlineExceeded):
        call("shot", b"photo", "marble", timeout_s=0.1)


@pytest.mark.parametrize("method", ["shot", "stream_shot"])
def test_key_says_who_calls(call, service, method):
    call(method, b"photo", "marble", api_key="vitrine_k")
    call(method, b"photo", "marble")
    assert service.authorizations == ["Bearer vitrine_k", None]

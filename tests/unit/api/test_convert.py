"""Messages become models and back; images travel beside, never as base64; what is wrong is named."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api import studio
from services.api.common import Point
from services.api.convert import from_proto, to_proto
from services.common.errors import InvalidInput
from services.pb.vitrine.v1 import studio_pb2


@given(st.binary())
def test_image_bytes_come_through_untouched(content):
    message = studio_pb2.CreateShotRequest(image={"content": content}, scene_id="marble")
    request = from_proto(message, studio.CreateShotRequest)
    assert request.image.content == content
    assert to_proto(request, studio_pb2.CreateShotRequest).image.content == content


def test_bytes_deep_inside_come_through():
    answer = studio.StreamShotResponse(shot={"image": {"content": b"picture"}})
    assert to_proto(answer, studio_pb2.StreamShotResponse).shot.image.content == b"picture"


def test_absent_and_zero_are_told_apart():
    given_zero = from_proto(studio_pb2.CreateShotRequest(seed=0, camera_pitch_deg=0), studio.CreateShotRequest)
    absent = from_proto(studio_pb2.CreateShotRequest(), studio.CreateShotRequest)
    assert (given_zero.seed, given_zero.camera_pitch_deg) == (0, 0.0)
    assert (absent.seed, absent.camera_pitch_deg, absent.timeout, absent.pose) == (None, None, None, None)


def test_duration_becomes_seconds():
    message = studio_pb2.CreateShotRequest(timeout={"seconds": 3, "nanos": 500_000_000})
    assert from_proto(message, studio.CreateShotRequest).timeout == 3.5


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"canvas": {"scale": 9}}, "canvas.scale"),
        ({"canvas": {"scale": 1e-9}}, "canvas.scale"),
        ({"canvas": {"padding": -1}}, "canvas.padding"),
        ({"camera_pitch_deg": math.nan}, "camera_pitch_deg"),
        ({"pose": 99}, "pose"),
        ({"output": {"quality": 101}}, "output.quality"),
        ({"timeout": {"seconds": -1}}, "timeout"),
        ({"scene_id": "x" * 65}, "scene_id"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_value_out_of_range_is_named(fields, field):
    with pytest.raises(InvalidInput) as caught:
        from_proto(studio_pb2.CreateShotRequest(**fields), studio.CreateShotRequest)
    assert caught.value.details["field"] == field
    assert caught.value.message.startswith(f"{field}: ")


def test_duration_beyond_its_type_is_invalid_input():
    with pytest.raises(InvalidInput):
        from_proto(studio_pb2.CreateShotRequest(timeout={"seconds": 2**62}), studio.CreateShotRequest)


def test_every_finding_is_told():
    message = studio_pb2.CreateShotRequest(canvas={"scale": 9, "padding": 5})
    with pytest.raises(InvalidInput) as caught:
        from_proto(message, studio.CreateShotRequest)
    assert [each["field"] for each in caught.value.details["findings"]] == ["canvas.padding", "canvas.scale"]


def test_value_that_its_type_cannot_hold_is_named():
    unchecked = studio.CreateShotRequest(
        selection=studio.ProductSelection(include_points=[Point.model_construct(x=2**31)])
    )
    with pytest.raises(InvalidInput, match="does not fit") as caught:
        to_proto(unchecked, studio_pb2.CreateShotRequest)
    assert caught.value.details["field"] == "selection.include_points.x"

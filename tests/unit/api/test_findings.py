"""What is wrong with a request is said in words of ours, short, and without the contents of files."""

import math

import pytest

from services.api.convert import validated
from services.api.findings import MAX_SHOWN, shown
from services.api.studio import CreateCutoutRequest, CreateShotRequest, PreservationThresholds
from services.common.errors import InvalidInput


def message(model, fields):
    with pytest.raises(InvalidInput) as caught:
        validated(model, fields)
    return caught.value.message


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"canvas": {"scale": 9}}, "canvas.scale: a number from 0.01 to 4 is wanted, got 9"),
        ({"output": {"quality": -5}}, "output.quality: a whole number from 0 to 100 is wanted, got -5"),
        ({"timeout": 0}, "timeout: a number more than 0 is wanted, got 0"),
        ({"timeout": math.inf}, "timeout: a number of at most 315576000000 is wanted, got inf"),
        ({"timeout": "soon"}, "timeout: a duration such as \"3.5s\" is wanted, got 'soon'"),
        ({"seed": 1.5}, "seed: a whole number from 0 to 4294967295 is wanted, got 1.5"),
        ({"seed": None, "pose": "foo"}, "pose: 'STANDING', 'LYING' or 'HANGING' is wanted, got 'foo'"),
        ({"scene_id": "x" * 5000}, "scene_id: at most 64 characters are wanted, got 5000"),
        ({"selection": {"include_points": [{}] * 70}}, "selection.include_points: at most 64 are wanted, got 70"),
        ({"layers": 3}, "layers: a list is wanted, got 3"),
        ({"canvas": [1]}, "canvas: an object with fields is wanted, got a list"),
        ({"image": {"content": "###"}}, "image.content: base64 is wanted, got 3 characters that are none"),
    ],
    ids=lambda value: value.partition(":")[0] if isinstance(value, str) else "",
)
def test_message_tells_what_is_wanted_and_what_was_got(fields, said):
    assert message(CreateShotRequest, fields) == said


def test_no_number_is_told_from_a_number():
    assert message(PreservationThresholds, {"halo": "nan"}) == "halo: a number from 0.5 to 255 is wanted, got nan"


def test_colour_is_asked_for_as_it_is_written():
    assert message(CreateCutoutRequest, {"background_color": "foo"}) == (
        "background_color: #rrggbb is wanted, got 'foo'"
    )


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"sead": 1}, "there is no field 'sead'; known are image, scene_id, seed,"),
        ({"canvas": {"hight": 1}}, "there is no field 'canvas.hight'; known are width, height,"),
        ({"selection": {"include_points": [{"z": 1}]}}, "there is no field 'selection.include_points.0.z'; known"),
    ],
)  # fmt: skip
def test_misspelt_field_is_told_with_those_there_are(fields, said):
    assert message(CreateShotRequest, fields).startswith(said)


@pytest.mark.parametrize(
    "value",
    ["x" * 9000, 10**9000, b"y" * 9000, ["z"] * 9000, {"z": "z" * 9000}, "\n" * 9000, -math.inf, None, True, object()],
    ids=lambda value: type(value).__name__,
)
def test_values_are_said_back_short_and_on_one_line(value):
    said = shown(value)
    assert 0 < len(said) <= MAX_SHOWN
    assert said.isprintable()


def test_bytes_and_long_names_are_never_said_back():
    secret = "s3cret" * 100
    assert "s3cret" not in message(CreateShotRequest, {"seed": secret.encode()})
    assert len(message(CreateShotRequest, {secret: 1})) < 500

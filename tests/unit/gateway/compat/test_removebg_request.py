"""remove.bg's parameters: what they mean, and what is refused by which of its codes."""

import pytest

from services.api.common import Box
from services.common.errors import InvalidInput
from services.gateway.compat.arrangement import Arrangement
from services.gateway.compat.removebg_request import RemoveBgRequest
from services.gateway.compat.wording import CODE_DETAIL


def request(**fields):
    return RemoveBgRequest.of({"image_file": b"photo", **fields})


def refused(**fields):
    with pytest.raises(InvalidInput) as error:
        request(**fields)
    return error.value.details


def test_size_bounds_the_pixels():
    sizes = ("small", "preview", "medium", "hd", "full", "auto", "50MP")
    limits = [request(size=size).arrangement.max_pixels for size in sizes]
    assert limits == [250_000, 250_000, 1_500_000, 4_000_000, None, None, None]
    assert request().arrangement.max_pixels == 250_000


def test_margins_count_as_in_css():
    assert [each.value for each in request(crop=True, crop_margin="1px 2px").arrangement.margin] == [1, 2, 1, 2]
    assert [each.value for each in request(crop=True, crop_margin="1px 2px 3px 4px").arrangement.margin] == [1, 2, 3, 4]
    assert [each.value for each in request(crop=True, crop_margin=0).arrangement.margin] == [0] * 4


@pytest.mark.parametrize(
    ("fields", "scale", "position"),
    [
        ({}, None, None),
        ({"scale": "50%"}, 0.5, None),
        ({"position": "center"}, None, (0.5, 0.5)),
        ({"position": "20%"}, None, (0.2, 0.2)),
        ({"position": "20% 80%", "scale": "original"}, None, (0.2, 0.8)),
    ],
)
def test_scale_and_position(fields, scale, position):
    made = request(size="full", **fields).arrangement
    assert made == Arrangement(scale=scale, position=position, max_pixels=None)


@pytest.mark.parametrize(
    ("text", "rgba"),
    [
        ("81d4fa", (129, 212, 250, 255)), ("#fff", (255, 255, 255, 255)), ("green", (0, 128, 0, 255)),
        ("81d4fa77", (129, 212, 250, 119)), ("0f08", (0, 255, 0, 136)),
    ],
)  # fmt: skip
def test_background_is_a_hex_colour_or_a_name(text, rgba):
    assert request(bg_color=text).background == rgba


def test_region_counts_in_pixels_or_shares():
    made = request(roi="10% 20px 50% 220px")
    assert made.sized_by_photo
    assert made.region((400, 600)) == Box(left=60, top=20, width=240, height=200)
    assert request(roi="300px 200px 0px 0px").region((0, 0)) == Box(left=0, top=0, width=300, height=200)
    assert request().whole_photo


def test_empty_region_is_refused():
    with pytest.raises(InvalidInput) as error:
        request(roi="5px 5px 5px 9px").region((0, 0))
    assert error.value.details[CODE_DETAIL] == "roi_region_empty"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"image_file": b""}, "missing_source"),
        ({"image_file_b64": "aa"}, "multiple_sources"),
        ({"bg_color": "red", "bg_image_file": b"a"}, "multiple_bg_sources"),
        ({"bg_image_url": "https://example.org/a.jpg"}, "invalid_bg_image_url"),
        ({"format": "zip", "bg_color": "red"}, "invalid_format"),
        ({"format": "zip", "channels": "alpha"}, "invalid_format"),
        ({"channels": "alpha", "bg_color": "red"}, "invalid_channels"),
        ({"crop": True, "scale": "50%"}, "invalid_scale"),
        ({"crop": True, "position": "center"}, "invalid_position"),
        ({"scale": "50%", "position": "original"}, "invalid_position"),
    ],
)
def test_what_does_not_go_together_has_removebgs_code(fields, code):
    assert refused(**fields)[CODE_DETAIL] == code


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("size", "huge"), ("type", "person"), ("type_level", "3"), ("format", "gif"), ("roi", "0% 0% 100%"),
        ("crop", "perhaps"), ("crop_margin", "51%"), ("crop_margin", "501px"), ("crop_margin", "-1px"),
        ("scale", "5%"), ("scale", "30px"), ("position", "left"), ("position", "5px"), ("channels", "rgb"),
        ("bg_color", "#12345"), ("bg_color", "hsl(1,1%,1%)"), ("bg_color", "nocolour"), ("semitransparency", "false"),
        ("add_shadow", "true"), ("shadow_type", "drop"), ("unknown", "1"),
    ],
)  # fmt: skip
def test_what_is_not_honoured_is_refused_by_name(field, value):
    assert refused(**{field: value})["field"] == field

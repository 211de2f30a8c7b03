"""OpenAI's parameters: what they mean, and what is refused by which of its codes."""

import pytest

from services.common.errors import InvalidInput
from services.common.image import ImageFormat
from services.gateway.compat.openai_request import EditRequest, GenerationRequest
from services.gateway.compat.wording import CODE_DETAIL


def edit(**fields):
    return EditRequest.of({"image": b"photo", "prompt": "scene:marble", **fields})


def generation(**fields):
    return GenerationRequest.of({"prompt": "scene:marble", **fields})


@pytest.mark.parametrize(
    ("prompt", "scene", "words"),
    [
        ("scene:marble", "marble", ""),
        ("A cup,\n warm light scene:wood-living-room  in autumn", "wood-living-room", "A cup, warm light in autumn"),
        ("a landscene:marble", "", "a landscene:marble"),
        ("scene:marble scene:white", "marble", "scene:white"),
    ],
)
def test_prompt_names_a_scene_and_the_rest_are_words(prompt, scene, words):
    request = edit(prompt=prompt)
    assert (request.scene_id, request.words) == (scene, words)


def test_size_is_the_canvas_and_auto_leaves_it_open():
    assert (edit(size="1536x1024").canvas.width, edit(size="1536x1024").canvas.height) == (1536, 1024)
    assert edit(size="auto").canvas.width == edit().canvas.width == 0
    with pytest.raises(InvalidInput, match="at least 16 pixels"):
        _ = edit(size="8x8").canvas


def test_form_fields_come_as_text():
    request = edit(n="2", output_compression="80", output_format="jpeg", stream="false", partial_images="0")
    assert (request.n, request.encoder_quality, request.format) == (2, 80, ImageFormat.JPEG)
    assert edit(output_format="webp", output_compression=0).encoder_quality == 1


@pytest.mark.parametrize(
    ("make", "field", "value"),
    [
        (edit, "n", 11), (edit, "n", 0), (edit, "size", "large"), (edit, "response_format", "xml"),
        (edit, "output_format", "gif"), (edit, "quality", "low"), (edit, "stream", True), (edit, "partial_images", 2),
        (edit, "input_fidelity", "low"), (edit, "background", "blurred"), (generation, "background", "transparent"),
        (generation, "moderation", "low"), (edit, "output_compression", 50), (edit, "prompt", "a" * 32_001),
    ],
)  # fmt: skip
def test_what_is_not_honoured_is_refused_by_name(make, field, value):
    with pytest.raises(InvalidInput) as refused:
        make(**{field: value})
    assert refused.value.details["field"] == field


@pytest.mark.parametrize(
    "fields", [{"output_format": "jpeg"}, {"n": 2}, {"size": "64x64", "response_format": "url"}, {}]
)
def test_cutouts_have_no_scene_no_variants_and_no_jpeg(fields):
    prompt = "cut it out" if fields else "scene:marble"
    with pytest.raises(InvalidInput):
        edit(background="transparent", prompt=prompt, **fields)


def test_unknown_and_missing_parameters_have_openais_codes():
    with pytest.raises(InvalidInput) as unknown:
        generation(style="vivid")
    assert unknown.value.details == {"field": "style", CODE_DETAIL: "unknown_parameter"}
    with pytest.raises(InvalidInput) as missing:
        EditRequest.of({"prompt": "scene:marble"})
    assert missing.value.details == {"field": "image", CODE_DETAIL: "missing_required_parameter"}


def test_words_beside_a_generations_scene_are_not_drawn():
    with pytest.raises(InvalidInput, match='write "scene:marble" and nothing else') as refused:
        generation(prompt="scene:marble at night")
    assert refused.value.details[CODE_DETAIL] == "unsupported"

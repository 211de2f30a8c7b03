"""Every error of ours has words in every dialect."""

import json

import pytest

from services.common import errors
from services.common.errors import InvalidInput, Overloaded, TooLarge
from services.gateway.compat.wording import CODE_DETAIL, TABLE, openai_refusal, removebg_refusal
from services.gateway.status import TABLE as STATUS


def removebg(error):
    answer = removebg_refusal(error, "r-1")
    return answer, json.loads(answer.body)["errors"][0]


def openai(error):
    answer = openai_refusal(error, "r-1")
    return answer, json.loads(answer.body)["error"]


def test_table_has_every_error():
    assert set(TABLE) == set(STATUS)


@pytest.mark.parametrize("leaf", errors.LEAVES, ids=lambda leaf: leaf.__name__)
def test_whose_fault_it_is_stays_the_same_in_every_dialect(leaf):
    ours = STATUS[leaf.code].http // 100
    for words in TABLE[leaf.code]:
        assert words.http // 100 == ours


def test_bodies_have_each_dialects_form():
    error = InvalidInput("what was wrong", field="scene_id")
    answer, told = removebg(error)
    assert told == {"title": "Invalid parameter", "code": "invalid_scene_id", "detail": "what was wrong"}
    assert (answer.status_code, answer.headers["x-request-id"]) == (400, "r-1")
    _, told = openai(error)
    wanted = {"message": "what was wrong", "type": "invalid_request_error", "param": "prompt", "code": "invalid_value"}
    assert told == wanted


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidInput("", field="size"), "invalid_size"),
        (InvalidInput("", field="selection.include_boxes.0"), "roi_exceeds_bounds"),
        (InvalidInput("", field="image_file", **{CODE_DETAIL: "missing_source"}), "missing_source"),
        (InvalidInput("no form"), "invalid_parameter"),
        (TooLarge("the image has 9 x 9 = 81 pixels", field="image.content"), "resolution_too_high"),
        (TooLarge("the body has 81 bytes"), "file_too_large"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_removebg_names_the_faulty_parameter(error, code):
    assert removebg(error)[1]["code"] == code


@pytest.mark.parametrize(
    ("field", "param"),
    [("canvas.width", "size"), ("image.content", "image"), ("selection.keep_mask", "mask"), ("n", "n"), ("", None)],
)
def test_openai_names_the_faulty_parameter(field, param):
    assert openai(InvalidInput("", field=field))[1]["param"] == param


def test_overload_tells_when_to_come_back():
    for tell in (removebg, openai):
        answer, told = tell(Overloaded("full", retry_after_s=3))
        assert (answer.status_code, answer.headers["retry-after"], told["code"]) == (429, "3", "rate_limit_exceeded")

import pytest
from google.rpc import code_pb2

from services.api.common import OutputOptions
from services.common.errors import InvalidInput, NotFound
from services.common.image import ImageFormat
from tests.support.canned_service import PICTURE, Fault, rich_status


def test_verdict_and_the_fixs_picture_arrive(call, service):
    answer = call("lint", b"photo", "amazon-main", fix=True, output=OutputOptions(format=ImageFormat.PNG))
    assert not answer.verdict.passed
    assert (answer.fix.verdict.passed, answer.picture.content) == (True, PICTURE)
    [request] = service.requests
    assert (request.image.content, request.rule_set, request.fix) == (b"photo", "amazon-main", True)
    assert (request.output.format, request.output.inline) == (2, True)


def test_picture_too_large_for_the_answer_is_fetched(call, service):
    service.inline = False
    assert call("lint", b"photo", "amazon-main", fix=True).picture.content == PICTURE


def test_verdict_alone_has_no_picture(call):
    answer = call("lint", b"photo", "amazon-main")
    assert (answer.fix, answer.picture) == (None, None)


def test_rule_set_that_does_not_exist_is_an_error(call, service):
    service.faults.append(Fault(rich_status("NOT_FOUND", "no such rule set", code=code_pb2.NOT_FOUND)))
    with pytest.raises(NotFound, match="no such rule set"):
        call("lint", b"photo", "nowhere")


def test_option_out_of_its_range_is_refused_before_anything_is_sent(call, service):
    with pytest.raises(InvalidInput):
        call("lint", b"photo", "a" * 65)
    assert service.requests == []


def test_rule_sets_are_listed_page_by_page(call):
    assert [each.rule_set_id for each in call("rule_sets")] == ["amazon-main", "ebay"]

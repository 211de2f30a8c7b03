import grpc
import pytest
from google.rpc import code_pb2

from services.client.errors import from_rpc_error
from services.common import errors
from tests.support.canned_service import rich_status


class RpcError(grpc.RpcError):
    """What a call raises, without the call."""

    def __init__(self, code=grpc.StatusCode.UNKNOWN, details="", metadata=()):
        self._parts = code, details, metadata

    def code(self):
        return self._parts[0]

    def details(self):
        return self._parts[1]

    def trailing_metadata(self):
        return self._parts[2]


def with_status(status):
    return RpcError(metadata=(("grpc-status-details-bin", status.SerializeToString()),))


@pytest.mark.parametrize("leaf", errors.LEAVES, ids=lambda leaf: leaf.code)
def test_every_code_becomes_its_class_again(leaf):
    error = from_rpc_error(with_status(rich_status(leaf.code, "words", code_pb2.INTERNAL)), "here:1")
    assert type(error) is leaf
    assert error.message == "words"


def test_details_keep_their_types_and_plain_words_stay_words():
    status = rich_status("too_large", limit="100", field="image.content", known='["a"]', exact="true")
    details = from_rpc_error(with_status(status), "here:1").details
    assert details == {"limit": 100, "field": "image.content", "known": ["a"], "exact": True}


def test_retry_delay_is_told_in_seconds():
    error = from_rpc_error(with_status(rich_status("overloaded", retry_after_s=1.5)), "here:1")
    assert error.details["retry_after_s"] == 1.5


@pytest.mark.parametrize(
    "broken", [b"\xff\xff", rich_status("a_code_of_tomorrow").SerializeToString()], ids=["garbage", "unknown code"]
)
def test_status_that_says_nothing_known_leaves_the_grpc_code(broken):
    error = from_rpc_error(RpcError(grpc.StatusCode.UNAVAILABLE, "", (("grpc-status-details-bin", broken),)), "here:1")
    assert type(error) is errors.NotReady


@pytest.mark.parametrize("code", grpc.StatusCode, ids=lambda code: code.name)
def test_error_of_grpc_itself_never_shows_its_text(code):
    error = from_rpc_error(RpcError(code, "Traceback: /home/me/app.py"), "here:1")
    assert isinstance(error, errors.VitrineError)
    assert "Traceback" not in error.message


def test_message_over_grpcs_limit_is_too_large():
    text = "CLIENT: Sent message larger than max (6 vs. 5)"
    assert type(from_rpc_error(RpcError(grpc.StatusCode.RESOURCE_EXHAUSTED, text), "here:1")) is errors.TooLarge

"""What the gateway tells of an error over gRPC, the client raises again: the two are written apart and must agree."""

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.client.errors import from_rpc_error
from services.client.patience import RETRYABLE
from services.common.errors import LEAVES, Overloaded
from services.gateway.status import rich_status, status_of


class Received(grpc.RpcError):
    """An error as a call raises it."""

    def __init__(self, error):
        self._code = status_of(error).grpc
        self._status = rich_status(error, request_id="r-1")

    def code(self):
        return self._code

    def details(self):
        return self._status.message

    def trailing_metadata(self):
        return (("grpc-status-details-bin", self._status.SerializeToString()),)


@pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: leaf.code)
def test_every_error_arrives_as_itself(leaf):
    arrived = from_rpc_error(Received(leaf("what was wrong", field="image.content", limit=16)), "here:1")
    assert type(arrived) is leaf
    assert arrived.message == "what was wrong"
    assert arrived.details == {"field": "image.content", "limit": 16, "request_id": "r-1"}


@pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: leaf.code)
def test_client_tries_again_what_the_gateway_calls_retryable(leaf):
    assert status_of(leaf("no")).retryable == (leaf in RETRYABLE)


@given(seconds=st.floats(0.01, 1000))
def test_time_to_wait_arrives(seconds):
    arrived = from_rpc_error(Received(Overloaded("busy", retry_after_s=seconds)), "here:1")
    assert arrived.details["retry_after_s"] == pytest.approx(seconds, abs=0.001)

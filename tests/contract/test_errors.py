"""Every error is known to both protocols and survives the way between processes."""

import pickle
import re

import pytest
from google.rpc import error_details_pb2

from services.common import errors
from services.gateway.status import TABLE, headers, problem, rich_status, status_of

LEAVES = pytest.mark.parametrize("leaf", errors.LEAVES, ids=lambda leaf: leaf.__name__)


def subclasses(base):
    return {child for direct in base.__subclasses__() for child in {direct, *subclasses(direct)}}


def test_leaves_are_all_there_are():
    declared = {each for each in subclasses(errors.VitrineError) if each.__module__ == errors.__name__}
    assert declared == set(errors.LEAVES)


def test_table_has_a_row_for_every_code_and_no_other():
    codes = [leaf.code for leaf in errors.LEAVES]
    assert len(set(codes)) == len(codes)
    assert set(TABLE) == set(codes)


def test_tree_in_the_docstring_names_every_leaf():
    assert set(re.findall(r"[├└]── (\w+)", errors.__doc__)) == {leaf.__name__ for leaf in errors.LEAVES}


@LEAVES
def test_error_survives_pickling(leaf):
    copy = pickle.loads(pickle.dumps(leaf("what was wrong", field="image", known=["a", "b"])))  # noqa: S301 - our own
    assert type(copy) is leaf
    assert (copy.message, copy.details) == ("what was wrong", {"field": "image", "known": ["a", "b"]})
    assert str(copy) == "what was wrong"


@LEAVES
def test_error_is_the_same_on_both_protocols(leaf):
    error = leaf("what was wrong", limit=3)
    over_http, over_grpc = problem(error, "id-1"), rich_status(error, "id-1")
    info, request = error_details_pb2.ErrorInfo(), error_details_pb2.RequestInfo()
    over_grpc.details[0].Unpack(info)
    over_grpc.details[1].Unpack(request)
    assert info.reason == over_http.code.upper()
    assert info.metadata == {"limit": "3"}
    assert request.request_id == over_http.request_id
    assert over_grpc.message == over_http.detail
    assert over_grpc.code == status_of(error).grpc.value[0]


@LEAVES
def test_retryable_rows_are_those_that_may_pass(leaf):
    assert TABLE[leaf.code].retryable == (TABLE[leaf.code].http in (429, 503))


def test_time_to_come_back_is_told_on_both_protocols():
    error = errors.Overloaded("try later", retry_after_s=2.5)
    retry = error_details_pb2.RetryInfo()
    rich_status(error, "id").details[-1].Unpack(retry)
    assert retry.retry_delay.ToMilliseconds() == 2500
    assert headers(error)["Retry-After"] == "3"


def test_rich_status_fits_into_a_header_however_long_the_message():
    error = errors.InvalidInput("x" * 100_000, field="image", known=["y" * 1000] * 1000)
    assert len(rich_status(error, "id").SerializeToString()) < 4096

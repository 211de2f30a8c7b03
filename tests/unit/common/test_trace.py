"""A caller's trace is taken up as https://www.w3.org/TR/trace-context/ has it, and anything else is not."""

import re

import pytest

from services.common.trace import Trace

TRACE_ID, SPAN_ID = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def test_trace_of_the_caller_is_kept_with_a_span_of_our_own():
    trace = Trace.taken_up(f"00-{TRACE_ID}-{SPAN_ID}-01")
    assert (trace.trace_id, trace.flags) == (TRACE_ID, "01")
    assert trace.span_id != SPAN_ID
    assert trace.header == f"00-{TRACE_ID}-{trace.span_id}-01"


def test_trace_of_a_later_version_is_kept():
    assert Trace.taken_up(f"01-{TRACE_ID}-{SPAN_ID}-01-more").trace_id == TRACE_ID


@pytest.mark.parametrize(
    "offered",
    ["", "nonsense", f"00-{'0' * 32}-{SPAN_ID}-01", f"00-{TRACE_ID}-{'0' * 16}-01", f"ff-{TRACE_ID}-{SPAN_ID}-01",
     f"00-{TRACE_ID.upper()}-{SPAN_ID}-01", f"00-{TRACE_ID}-{SPAN_ID}-01-more"],
)  # fmt: skip
def test_malformed_trace_is_replaced_by_a_new_one(offered):
    trace = Trace.taken_up(offered)
    assert trace.trace_id != TRACE_ID
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-00", trace.header)

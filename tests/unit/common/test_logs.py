"""Log lines are JSON and carry the request id, the component and the stack of a fault."""

import io
import json
import sys

import pytest
import structlog

from services.common.logs import carried_fields, configure_logs, logger, request_context
from services.common.trace import Trace


@pytest.fixture
def lines(capsys):
    configure_logs("INFO", "gateway")
    yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    structlog.reset_defaults()


def test_line_has_event_component_level_and_time(lines):
    logger(stage="segment").info("stage finished", worked_s=1.5)
    [line] = lines()
    assert line["timestamp"].endswith("Z")
    assert {name: line[name] for name in ("event", "component", "level", "stage", "worked_s")} == {
        "event": "stage finished", "component": "gateway", "level": "info", "stage": "segment", "worked_s": 1.5
    }  # fmt: skip


class Shared(io.StringIO):
    """A stream that somebody else writes to whenever anybody does."""

    def write(self, text):
        super().write(text)
        return super().write("Replica(id='a') has died.\n")


def test_line_is_whole_though_others_write_to_the_same_stream(lines, monkeypatch):
    monkeypatch.setattr(sys, "stderr", Shared())
    logger().info("stage was lost, its call is made again")
    ours, other = sys.stderr.getvalue().splitlines()
    assert json.loads(ours)["event"] == "stage was lost, its call is made again"
    assert other.startswith("Replica")


def test_request_id_is_in_lines_inside_its_context_only(lines):
    with request_context("id-1", method="CreateShot"):
        logger().info("inside")
    logger().info("outside")
    inside, outside = lines()
    assert (inside["request_id"], inside["method"]) == ("id-1", "CreateShot")
    assert "request_id" not in outside


def test_lines_below_the_level_are_not_written(lines):
    logger().debug("chatter")
    assert lines() == []


def test_stack_of_an_error_is_one_line(lines):
    logger().error("request failed", exc_info=KeyError("lost"))
    [line] = lines()
    assert "KeyError: 'lost'" in line["exception"]


def test_tenant_job_item_and_trace_are_in_lines_where_they_are_known(lines):
    trace = Trace("a" * 32, "b" * 16)
    with request_context("id-1", tenant="acme", job="job-1", item=0, trace=trace):
        logger().info("inside")
    [line] = lines()
    assert {name: line[name] for name in ("tenant", "job", "item", "trace_id", "span_id")} == {
        "tenant": "acme", "job": "job-1", "item": 0, "trace_id": "a" * 32, "span_id": "b" * 16
    }  # fmt: skip


def test_unknown_tenant_is_left_out_of_lines(lines):
    with request_context("id-1"):
        logger().info("inside")
    assert not {"tenant", "job", "item", "trace_id"} & set(lines()[0])


def test_fields_that_go_along_are_those_of_the_request_at_work():
    with request_context("id-1", tenant="acme", item=3, method="CreateShot"):
        assert carried_fields() == {"tenant": "acme", "item": 3}
    assert carried_fields() == {}

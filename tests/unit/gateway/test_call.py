"""Around every call: who, how it ended, one line, and nothing of ours in an error."""

import asyncio
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from services.common.errors import Internal, NotFound, StorageUnavailable, Unauthenticated
from services.common.logs import carried_fields
from services.common.metrics import Recorder
from services.common.trace import Trace
from services.gateway.call import Guard, request_id_from
from services.gateway.schema import Call
from tests.support.fake_metrics import FakeMetrics

CALL = Call("CreateShot", "grpc", "id-1", "127.0.0.1")


@pytest.fixture
def metrics():
    return FakeMetrics()


class FakeDoor:
    """Lets callers on this machine in."""

    async def admit(self, call):
        if call.peer != "127.0.0.1":
            raise Unauthenticated("who are you?")
        return replace(call, tenant="local")


@pytest.fixture
def guard(metrics):
    return Guard(Recorder(metrics), FakeDoor())


def outcomes(metrics):
    return [dict(labels)["outcome"] for name, labels in metrics.values if name == "vitrine_requests_total"]


async def test_good_call_is_counted_timed_and_logged_once(guard, metrics):
    with capture_logs() as lines:
        async with guard.around(CALL):
            pass
    assert outcomes(metrics) == ["ok"]
    assert len(metrics.values["vitrine_request_seconds", (("method", "CreateShot"), ("protocol", "grpc"))]) == 1
    assert metrics.values["vitrine_requests_in_flight", ()] == [1, 0]
    assert [line["event"] for line in lines] == ["request answered"]


async def test_error_of_ours_goes_through_without_a_stack(guard, metrics):
    error = NotFound("no such scene")
    with capture_logs() as lines, pytest.raises(NotFound) as caught:
        async with guard.around(CALL):
            raise error
    assert caught.value is error
    assert outcomes(metrics) == ["not_found"]
    assert [(line["event"], line["outcome"]) for line in lines] == [("request answered", "not_found")]


async def test_unknown_error_becomes_internal_and_is_logged_once_with_its_stack(guard, metrics):
    secret = RuntimeError("/etc/secret on host-7")
    with capture_logs() as lines, pytest.raises(Internal) as caught:
        async with guard.around(CALL):
            raise secret
    assert "secret" not in caught.value.message
    assert caught.value.details == {}
    assert [line["exc_info"] for line in lines if "exc_info" in line] == [secret]
    assert outcomes(metrics) == ["internal"]


async def test_fault_of_a_part_is_a_warning(guard):
    with capture_logs() as lines, pytest.raises(StorageUnavailable):
        async with guard.around(CALL):
            raise StorageUnavailable("the store is away") from OSError("refused")
    assert lines[0]["log_level"] == "warning"
    assert "refused" in lines[0]["cause"]


async def test_caller_who_leaves_is_counted_as_cancelled(guard, metrics):
    async def work():
        async with guard.around(CALL):
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert outcomes(metrics) == ["cancelled"]
    assert metrics.values["vitrine_requests_in_flight", ()] == [1, 0]


async def test_caller_from_elsewhere_is_refused_unless_the_call_is_public(guard):
    with pytest.raises(Unauthenticated):
        async with guard.around(Call("CreateShot", "http", "id", "203.0.113.9")):
            pass
    async with guard.around(Call("Check", "grpc", "id", "203.0.113.9", public=True)) as known:
        assert known.tenant == ""


async def test_call_knows_its_tenant(guard):
    async with guard.around(CALL) as known:
        assert known == replace(CALL, tenant="local")


async def test_lines_of_a_call_say_its_tenant_and_trace(guard):
    trace = Trace("a" * 32, "b" * 16)
    async with guard.around(replace(CALL, trace=trace)):
        assert carried_fields() == {"tenant": "local", "trace_id": "a" * 32, "span_id": "b" * 16}
    assert carried_fields() == {}


@pytest.mark.parametrize("offered", ["a", "Order-17.b_2", "f" * 64])
def test_well_formed_request_id_is_kept(offered):
    assert request_id_from(offered) == offered


@pytest.mark.parametrize("offered", [None, "", "-a", ".", "a b", "a/b", "a\n", "é", "f" * 65])
def test_malformed_request_id_is_replaced(offered):
    assert request_id_from(offered) not in (offered, request_id_from(offered))


def test_secret_of_a_call_does_not_show_in_prints():
    assert "hunter2" not in repr(replace(CALL, authorization="Bearer hunter2"))

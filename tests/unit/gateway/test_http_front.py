"""What stands before the gateway over HTTP, around applications that answer as Serve's proxy does."""

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse

from services.gateway.http_front import MAX_HEADER_BYTES, MAX_HEADERS, middlewares


@pytest.fixture
def ask():
    async def get(app, **headers):
        for middleware in middlewares():
            app = middleware.cls(app, *middleware.args, **middleware.kwargs)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            return await client.get("/v1/scenes", headers={k.replace("_", "-"): v for k, v in headers.items()})

    return get


async def dies(scope, receive, send):
    """As Serve's proxy does when the gateway replica died: it returns without an answer."""


async def tells_headers(scope, receive, send):
    await JSONResponse(dict(Request(scope).headers))(scope, receive, send)


async def test_request_without_an_answer_may_be_sent_again(ask):
    answer = await ask(dies, x_request_id="r-1")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.headers["retry-after"], answer.headers["x-request-id"]) == ("1", "r-1")
    assert (answer.json()["code"], answer.json()["retryable"]) == ("not_ready", True)


@pytest.mark.parametrize(("status", "code"), [(429, "overloaded"), (503, "not_ready"), (500, "not_ready")])
async def test_plain_text_of_serve_becomes_a_problem(ask, status, code):
    answer = await ask(PlainTextResponse("pid 7 at 10.0.0.9 is away", status))
    assert answer.json()["code"] == code
    assert answer.json()["status"] == answer.status_code
    assert "10.0.0.9" not in answer.text


@pytest.mark.parametrize("status", [200, 404, 429, 500, 503])
async def test_json_of_the_gateway_passes_as_it_is(ask, status):
    answer = await ask(JSONResponse({"ready": False}, status))
    assert (answer.status_code, answer.json()) == (status, {"ready": False})


async def test_callers_do_not_reach_serves_own_switches(ask):
    headers = (await ask(tells_headers, x_request_timeout_seconds="9999", x_request_disconnect_disabled="1")).json()
    assert not {"x-request-timeout-seconds", "x-request-disconnect-disabled"} & set(headers)


async def test_request_id_is_well_formed_before_anybody_sees_it(ask):
    assert (await ask(tells_headers, x_request_id="a b/../c")).json()["x-request-id"].isalnum()
    assert (await ask(tells_headers, x_request_id="mine")).json()["x-request-id"] == "mine"


@pytest.mark.parametrize(
    "headers",
    [{"cookie": "x" * MAX_HEADER_BYTES}, {f"x-{number}": "1" for number in range(MAX_HEADERS)}],
    ids=["bytes", "count"],
)
async def test_too_many_headers_are_refused_with_the_limit(ask, headers):
    answer = await ask(dies, **headers)
    assert answer.status_code == answer.json()["status"] == 431
    assert answer.json()["details"]["limit"] in (MAX_HEADER_BYTES, MAX_HEADERS)

"""What comes back by a door is told in a few words, whoever says it."""

import socket

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from loadtests.ingress.caller import CUTOUT, LIST, UPLOAD, HttpCaller
from loadtests.ingress.door import Door
from tests.support.served import listening, served


async def problem(_request):
    return JSONResponse({"code": "not_found"}, 404, media_type="application/problem+json")


async def plain(_request):
    return PlainTextResponse("Internal Server Error", 500)


async def fine(request):
    async with request.form() as form:
        return PlainTextResponse(f"{await form['image'].read()}")


APP = Starlette(
    routes=[
        Route("/v1/shots", problem, methods=["POST"]), Route("/v1/scenes", plain),
        Route("/v1/cutouts", fine, methods=["POST"]),
    ]
)  # fmt: skip


@pytest.fixture
def port():
    with listening() as (listener, _), served(APP, listener):
        yield listener.getsockname()[1]


@pytest.fixture
def nobody():
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def test_errors_are_told_in_our_words_or_by_their_media_type(port):
    door = Door(port, port, "key")
    assert door.over_http("POST", "/v1/shots", b"") == "404, `not_found`"
    assert door.over_http("GET", "/v1/scenes") == "500, text/plain; charset=utf-8"
    assert door.cutout_over_http(b"photo") == "200"


def test_nobody_at_a_door_is_told_too(nobody):
    door = Door(nobody, nobody, "key")
    assert door.over_http("GET", "/v1/scenes") == "the connection breaks (ConnectionRefusedError)"
    assert door.listed("127.0.0.1") == "UNAVAILABLE, without details"


def test_caller_takes_no_other_answer_than_the_one_that_there_should_be(port):
    caller = HttpCaller(port, "key", b"photo")
    caller.call(CUTOUT)
    caller.call(UPLOAD)
    with pytest.raises(RuntimeError, match="list over HTTP came to 500: b'Internal"):
        caller.call(LIST)
    caller.close()

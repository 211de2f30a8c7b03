"""Errors over HTTP: whatever goes wrong is answered as an RFC 9457 problem."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from services.api.findings import message_of
from services.common.errors import InvalidInput, NotFound, VitrineError
from services.gateway import status
from services.gateway.call import request_id_from
from services.gateway.http_calls import REQUEST_ID_HEADER


def answer_problems(app: FastAPI) -> None:
    """Have the application answer every error so."""
    app.add_exception_handler(VitrineError, _answer_error)
    app.add_exception_handler(HTTPException, _answer_routing_error)
    app.add_exception_handler(RequestValidationError, _answer_validation_error)


def _problem(request: Request, error: VitrineError, headers: Mapping[str, str] | None = None, **over: Any) -> Response:
    """The error as an answer; `over` replaces members of the problem where HTTP has a status of its own for it."""
    request_id = getattr(request.state, "request_id", None) or request_id_from(request.headers.get(REQUEST_ID_HEADER))
    body = status.problem(error, request_id).model_copy(update=over)
    return JSONResponse(
        body.model_dump(),
        body.status,
        headers={**status.headers(error), **(headers or {})},
        media_type=status.PROBLEM_MEDIA_TYPE,
    )


async def _answer_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, VitrineError):
        raise error
    return _problem(request, error)


async def _answer_routing_error(request: Request, error: Exception) -> Response:
    """Unknown paths and wrong methods, in the same form as every other error."""
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "")
        refusal = InvalidInput(f"{request.method} is not taken here; allowed is {allowed}", allowed=allowed)
        return _problem(request, refusal, status=405, title="Method Not Allowed", headers={"Allow": allowed})
    return _problem(request, NotFound("there is nothing at this path; see /docs"))


async def _answer_validation_error(request: Request, error: Exception) -> Response:
    """Path and query parameters that FastAPI reads itself."""
    if not isinstance(error, RequestValidationError):
        raise error
    first = error.errors()[0]
    field = str(first["loc"][-1])
    return _problem(request, InvalidInput(f"{field}: {message_of(first)}", field=field))

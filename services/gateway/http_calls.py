"""What all routes share: a call of ours from a request, the guard around it, and answers as JSON."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar, get_origin

from fastapi import Request, Response
from pydantic import BaseModel

from services.api.convert import validated
from services.common.errors import InvalidInput
from services.common.trace import TRACEPARENT, Trace
from services.gateway.call import Guard, request_id_from
from services.gateway.schema import Call

REQUEST_ID_HEADER: Final = "X-Request-Id"
IDEMPOTENCY_KEY_HEADER: Final = "Idempotency-Key"

M = TypeVar("M", bound=BaseModel)


def call_of(method: str, request: Request, *, public: bool = False) -> Call:
    """The call that a request is, whose id and trace its answers tell.

    Args:
        method: Name of the RPC.
        request: As it came.
        public: See `Call`.
    """
    offered = request.headers.get(REQUEST_ID_HEADER)
    request_id = request_id_from(offered)
    request.state.request_id = request_id
    request.state.trace = trace = Trace.taken_up(request.headers.get(TRACEPARENT, ""))
    return Call(
        method, "http", request_id, request.client.host if request.client else "", public,
        authorization=request.headers.get("authorization", ""),
        idempotency_key=request.headers.get(IDEMPOTENCY_KEY_HEADER, ""), trace=trace,
    )  # fmt: skip


@asynccontextmanager
async def guarded(guard: Guard, call: Call, request: Request) -> AsyncIterator[Call]:
    """What the guard does around a call; what is left of the caller's rate is noted for the answer's header."""
    async with guard.around(call) as known:
        request.state.allowance = known.allowance
        yield known


def asked_by_query(request: Request, model: type[M], **path: str) -> M:
    """The request that path and query make; of a list each element is a parameter of its own.

    Raises:
        InvalidInput: A parameter is misspelt, out of its range, or given twice and no list.
    """
    fields: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        known = model.model_fields.get(name)
        if known is not None and get_origin(known.annotation) is list:
            fields.setdefault(name, []).append(value)
        elif name in fields or name in path:
            raise InvalidInput(f"{name[:80]} is given more than once", field=name[:80])
        else:
            fields[name] = value
    return validated(model, fields | path)


def answered(answer: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer as JSON."""
    return Response(answer.model_dump_json(exclude_none=True), status, headers, media_type="application/json")

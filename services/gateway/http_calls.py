"""What all routes share: a call of ours from a request, the guard around it, and answers as JSON."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import Request, Response
from pydantic import BaseModel

from services.gateway.call import Guard, request_id_from
from services.gateway.schema import Call

REQUEST_ID_HEADER: Final = "X-Request-Id"
IDEMPOTENCY_KEY_HEADER: Final = "Idempotency-Key"


def call_of(method: str, request: Request, *, public: bool = False) -> Call:
    """The call that a request is, whose id its answers tell.

    Args:
        method: Name of the RPC.
        request: As it came.
        public: See `Call`.
    """
    offered = request.headers.get(REQUEST_ID_HEADER)
    request_id = request_id_from(offered)
    request.state.request_id = request_id
    return Call(
        method, "http", request_id, request.client.host if request.client else "", public,
        authorization=request.headers.get("authorization", ""),
        idempotency_key=request.headers.get(IDEMPOTENCY_KEY_HEADER, ""),
    )  # fmt: skip


@asynccontextmanager
async def guarded(guard: Guard, call: Call, request: Request) -> AsyncIterator[Call]:
    """What the guard does around a call; what is left of the caller's rate is noted for the answer's header."""
    async with guard.around(call) as known:
        request.state.allowance = known.allowance
        yield known


def answered(answer: BaseModel) -> Response:
    """An answer as JSON."""
    return Response(answer.model_dump_json(exclude_none=True), media_type="application/json")

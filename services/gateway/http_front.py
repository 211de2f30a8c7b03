"""HTTP before the gateway: limits of headers, and what Serve's proxies answer by themselves, said in our words.

Serve's proxies, and replicas that listen themselves, wrap themselves in what `middlewares` returns
(`RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH`). Without it, a gateway replica that dies at work is a bare 500, a full
queue plain text, and callers could lift Serve's own time limit and its watch for callers who hang up.
"""

from typing import Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.common.errors import InvalidInput, VitrineError
from services.gateway import status
from services.gateway.call import request_id_from
from services.gateway.grpc_front import full, lost
from services.gateway.http_calls import REQUEST_ID_HEADER

#: Of all header names and values together; gRPC's own default for metadata is the same.
MAX_HEADER_BYTES: Final = 16 << 10
MAX_HEADERS: Final = 100

#: Serve obeys these, from anybody.
SERVES_OWN: Final = (b"x-request-timeout-seconds", b"x-request-disconnect-disabled")

_REFUSALS: Final = {500: lost, 503: lost, 429: full}


def middlewares() -> list[Middleware]:
    """What Serve's HTTP listeners wrap themselves in."""
    return [Middleware(HttpFront)]


class HttpFront:
    """ASGI middleware around what Serve listens with.

    Args:
        app: A proxy, or a replica.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on and look at what comes back."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = request_id_from(Headers(scope=scope).get(REQUEST_ID_HEADER))
        if refusal := _too_many(scope["headers"]):
            await _problem(refusal, request_id, status=431, title="Request Header Fields Too Large")(
                scope, receive, send
            )
            return
        scope = {**scope, "headers": [pair for pair in scope["headers"] if pair[0] not in SERVES_OWN]}
        MutableHeaders(scope=scope)[REQUEST_ID_HEADER] = request_id
        answer = _Answer(send)
        await self._app(scope, receive, answer.send)
        if refusal := answer.refusal:
            await _problem(refusal, request_id)(scope, receive, send)


class _Answer:
    """Passes an answer on, unless it is one that Serve wrote itself: no start at all, or an error that is not JSON."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.refusal: VitrineError | None = lost()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            made = _REFUSALS.get(message["status"])
            ours = "json" in Headers(raw=message["headers"]).get("content-type", "")
            self.refusal = made() if made and not ours else None
        if self.refusal is None:
            await self._send(message)


def _too_many(headers: list[tuple[bytes, bytes]]) -> VitrineError | None:
    size_bytes = sum(len(name) + len(value) for name, value in headers)
    if len(headers) > MAX_HEADERS:
        return InvalidInput(
            f"the request has {len(headers)} header fields; at most {MAX_HEADERS} are taken",
            got=len(headers), limit=MAX_HEADERS,
        )  # fmt: skip
    if size_bytes > MAX_HEADER_BYTES:
        return InvalidInput(
            f"the request's header fields have {size_bytes} bytes; at most {MAX_HEADER_BYTES} are taken",
            got=size_bytes, limit=MAX_HEADER_BYTES,
        )  # fmt: skip
    return None


def _problem(error: VitrineError, request_id: str, **over: Any) -> Response:
    body = status.problem(error, request_id).model_copy(update=over)
    return Response(
        body.model_dump_json(),
        body.status,
        {**status.headers(error), REQUEST_ID_HEADER: request_id},
        media_type=status.PROBLEM_MEDIA_TYPE,
    )

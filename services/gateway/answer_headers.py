"""What the header of an answer tells: its place in the caller's trace, and what is left of the caller's rate."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.common.trace import TRACEPARENT


class AnswerHeaders:
    """ASGI middleware; the routes put the trace, and the allowance of calls that count, into the request's state.

    Args:
        app: Answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, with the fields that are known."""

        async def send_with_fields(message: Message) -> None:
            if message["type"] == "http.response.start":
                state = scope.get("state", {})
                if (trace := state.get("trace")) is not None:
                    MutableHeaders(scope=message)[TRACEPARENT] = trace.header
                if (allowance := state.get("allowance")) is not None:
                    MutableHeaders(scope=message).update(allowance.headers)
            await send(message)

        await self._app(scope, receive, send_with_fields)

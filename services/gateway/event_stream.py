"""A shot's progress over HTTP, as Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event
from pydantic import BaseModel
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from services.api.studio import StreamShotResponse
from services.common.errors import VitrineError
from services.gateway.status import Problem

Write = Callable[[bytes], Awaitable[None]]


class EventStream(EventSourceResponse):
    """Answers with one event for each message: `stage`, `step` or `shot`, its data the same JSON as everywhere.

    An error before the first message is raised, so that it is answered with its own status; a later one is the last
    event, `error`, with the problem as its data. The messages are closed as soon as the caller has left.

    Args:
        messages: What is told. Pulled in the task that answers and in no other, as they may hold its context variables.
        problem_of: An error as it is told.
        heartbeat_s: A comment is sent so often, lest something between takes the connection for dead.
    """

    def __init__(
        self,
        messages: AsyncGenerator[StreamShotResponse, None],
        problem_of: Callable[[VitrineError], Problem],
        heartbeat_s: float,
    ) -> None:
        # nginx would hold the events back otherwise (https://nginx.org/en/docs/http/ngx_http_proxy_module.html).
        super().__init__((), headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._messages = messages
        self._problem_of = problem_of
        self._heartbeat_s = heartbeat_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI hands it over
        """The whole answer."""

        async def write(body: bytes) -> None:
            await send({"type": "http.response.body", "body": body, "more_body": True})

        async with aclosing(self._messages):
            first = await anext(self._messages)
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            try:
                async with asyncio.TaskGroup() as group:
                    beside = [group.create_task(self._beat(write)), group.create_task(_leave(receive))]
                    await self._tell(first, write)
                    for task in beside:
                        task.cancel()
                    await send({"type": "http.response.body", "body": b"", "more_body": False})
            except* ClientDisconnect:
                pass  # nobody is there to be told anything

    async def _tell(self, first: StreamShotResponse, write: Write) -> None:
        number = 1
        await write(_event(number, *_named(first)))
        try:
            async for message in self._messages:
                number += 1
                await write(_event(number, *_named(message)))
        except VitrineError as error:
            await write(_event(number + 1, "error", self._problem_of(error)))

    async def _beat(self, write: Write) -> None:
        while True:
            await asyncio.sleep(self._heartbeat_s)
            await write(KEEPALIVE_COMMENT)


async def _leave(receive: Receive) -> None:
    """Wait for the caller to go.

    Raises:
        ClientDisconnect: That has happened.
    """
    while (await receive())["type"] != "http.disconnect":
        pass
    raise ClientDisconnect


def _named(message: StreamShotResponse) -> tuple[str, BaseModel]:
    """The one field that is set."""
    return next((name, value) for name in type(message).model_fields if (value := getattr(message, name)) is not None)


def _event(number: int, name: str, data: BaseModel) -> bytes:
    return format_sse_event(event=name, id=str(number), data_str=data.model_dump_json(exclude_none=True))

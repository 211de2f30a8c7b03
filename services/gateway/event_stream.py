"""What changes, told over HTTP as Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass

from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event
from pydantic import BaseModel
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from services.common.errors import VitrineError
from services.gateway.status import Problem


@dataclass(frozen=True)
class ServerEvent:
    """One event.

    Args:
        name: Its kind.
        data: The same JSON as everywhere.
        id: What a caller whose connection broke sends back as `Last-Event-ID`; empty leaves the last one standing.
    """

    name: str
    data: BaseModel
    id: str = ""


class EventStream(EventSourceResponse):
    """Answers with events.

    An error before anything was sent is raised, so that it is answered with its own status; a later one is the last
    event, `error`, with the problem as its data. Where there is nothing to tell at all, the answer is 204, which tells
    browsers not to come back. The events are closed as soon as the caller has left.

    Args:
        events: What is told. Pulled in the task that answers and in no other, as they may hold its context variables.
        problem_of: An error as it is told.
        heartbeat_s: A comment is sent so often, lest something between takes the connection for dead.
    """

    def __init__(
        self,
        events: AsyncGenerator[ServerEvent, None],
        problem_of: Callable[[VitrineError], Problem],
        heartbeat_s: float,
    ) -> None:
        # nginx would hold the events back otherwise (https://nginx.org/en/docs/http/ngx_http_proxy_module.html).
        super().__init__((), headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._events = events
        self._problem_of = problem_of
        self._heartbeat_s = heartbeat_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The whole answer."""
        answer = _Answer(send, self.raw_headers)
        if scope["method"] == "GET":
            answer.body_was_read.set()
        refusal: VitrineError | None = None
        async with aclosing(self._events):
            try:
                async with asyncio.TaskGroup() as group:
                    beside = [group.create_task(self._beat(answer)), group.create_task(_leave(receive, answer))]
                    refusal = await self._tell(answer)
                    for task in beside:
                        task.cancel()
                    if refusal is None:
                        await answer.end()
            except* ClientDisconnect:
                pass  # nobody is there to be told anything
        if refusal is not None:
            raise refusal

    async def _tell(self, answer: "_Answer") -> VitrineError | None:
        """All events; the error that came before anything was sent."""
        try:
            async for event in self._events:
                answer.body_was_read.set()
                await answer.write(_encoded(event))
        except VitrineError as error:
            if not answer.begun:
                return error
            await answer.write(_encoded(ServerEvent("error", self._problem_of(error))))
        return None

    async def _beat(self, answer: "_Answer") -> None:
        while True:
            await asyncio.sleep(self._heartbeat_s)
            await answer.write(KEEPALIVE_COMMENT)


class _Answer:
    """The answer's head and body, the head with the first piece of the body.

    Attributes:
        begun: Whether the head was sent.
        body_was_read: Set once the request's body was, as what comes after it is that the caller leaves.
    """

    def __init__(self, send: Send, headers: list[tuple[bytes, bytes]]) -> None:
        self._send = send
        self._headers = headers
        self._turn = asyncio.Lock()
        self.begun = False
        self.body_was_read = asyncio.Event()

    async def write(self, body: bytes) -> None:
        async with self._turn:
            if not self.begun:
                self.begun = True
                await self._send({"type": "http.response.start", "status": 200, "headers": self._headers})
            await self._send({"type": "http.response.body", "body": body, "more_body": True})

    async def end(self) -> None:
        async with self._turn:
            if not self.begun:
                await self._send({"type": "http.response.start", "status": 204, "headers": []})
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})


async def _leave(receive: Receive, answer: _Answer) -> None:
    """Wait for the caller to go.

    Raises:
        ClientDisconnect: That has happened.
    """
    await answer.body_was_read.wait()
    while (await receive())["type"] != "http.disconnect":
        pass
    raise ClientDisconnect


def _encoded(event: ServerEvent) -> bytes:
    data = event.data.model_dump_json(exclude_none=True)
    return format_sse_event(event=event.name, id=event.id or None, data_str=data)

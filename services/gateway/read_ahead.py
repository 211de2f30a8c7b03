"""Streams read one message ahead, so that whoever makes them always learns that their reader has left."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, Final

_END: Final = object()


async def read_ahead(messages: AsyncGenerator[Any, None]) -> AsyncGenerator[Any, None]:
    """Pass the messages on, each once the next one is being waited for.

    A reader who leaves closes a generator at its `yield`, where it learns of it by `GeneratorExit`; one that waits for
    its next message gets a `CancelledError`. Serve's gRPC proxy takes only the second for a caller who left, and goes
    on working after the first (ray 2.60, `gRPCProxy.send_request_to_replica`), so it is made to be always waiting.
    """
    awaited = asyncio.ensure_future(anext(messages, _END))
    try:
        while (message := await awaited) is not _END:
            awaited = asyncio.ensure_future(anext(messages, _END))
            yield message
    finally:
        await _cancelled(messages, awaited)


async def _cancelled(messages: AsyncGenerator[Any, None], awaited: "asyncio.Future[Any]") -> None:
    """Cancel the waiting for a message; where one has just come, for the next."""
    while True:
        awaited.cancel()
        await asyncio.wait([awaited])
        if awaited.cancelled() or awaited.exception() is not None or awaited.result() is _END:
            return
        awaited = asyncio.ensure_future(anext(messages, _END))
        await asyncio.sleep(0)

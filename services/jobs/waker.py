"""Tells a dispatcher or a trainer that there is something new, so that it need not find out by itself."""

import asyncio
from typing import Any, Final

from services.common.logs import logger

#: Nobody waits for it; it only must not pile up.
_PATIENCE_S: Final = 5.0


class Waker:
    """Wakes one of those who work. Where that fails, they look by themselves soon enough.

    Args:
        handle: Of their deployment.
    """

    def __init__(self, handle: Any) -> None:
        self._handle = handle
        self._telling: asyncio.Task[None] | None = None

    def __call__(self) -> None:
        """Wake it; returns at once. While one is being woken, no other is. Needs a running event loop."""
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell())

    async def _tell(self) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._handle.wake.remote()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is not the caller's
            logger().info("nobody was woken", cause=repr(error))

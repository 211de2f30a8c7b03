"""Waiting for what has no event of its own."""

import asyncio

from tests.support.running_service import PATIENCE_S


async def until(holds):
    """Let the event loop go on until that holds."""
    async with asyncio.timeout(PATIENCE_S):
        while not holds():  # noqa: ASYNC110 - what is waited for is many things, few of which could set an event
            await asyncio.sleep(0.001)

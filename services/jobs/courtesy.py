"""When a stage's call for a job's item may begin: behind calls that somebody waits for, and few at once."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from services.api.common import StageName
from services.common.errors import StorageUnavailable
from services.common.metrics import JOB_YIELD_SECONDS, Recorder


class Courtesy:
    """Lets calls that somebody waits for go first.

    Serve's queues know no priority, so an item's call is not made while such calls are at work. Whoever comes while
    one is made finds no more than `at_stage` of them in that stage, and waits for what is left of those.

    Args:
        others_wait: Whether calls that somebody waits for are at work. Asked by those who have a place alone, and
            for all of them together.
        patience_s: An item waits no longer before each stage, in seconds, so that it is not held up for ever.
        recorder: Gets the time waited.
        at_stage: Calls at once, of each stage.
        look_every_s: An answer of `others_wait` is believed for so long, in seconds.
        clock: Seconds from any fixed point.
    """

    def __init__(
        self,
        others_wait: Callable[[], Awaitable[bool]],
        patience_s: float,
        recorder: Recorder,
        at_stage: int = 1,
        look_every_s: float = 0.05,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._others_wait = others_wait
        self._patience_s = patience_s
        self._recorder = recorder
        self._look_every_s = look_every_s
        self._clock = clock
        self._places = {stage: asyncio.Semaphore(at_stage) for stage in StageName}
        self._looking = asyncio.Lock()
        self._looked_at = -look_every_s
        self._seen = False

    @asynccontextmanager
    async def turn(self, stage: StageName) -> AsyncIterator[None]:
        """Wait for a place, then for others; the place is held until the body ends."""
        async with self._places[stage]:
            await self._let_others_go(stage)
            yield

    async def _let_others_go(self, stage: StageName) -> None:
        began = self._clock()
        waited_s = 0.0
        while waited_s < self._patience_s and await self._see():
            await asyncio.sleep(self._look_every_s)
            waited_s = self._clock() - began
        if waited_s:
            self._recorder.observe(JOB_YIELD_SECONDS, waited_s, stage=stage.lower())

    async def _see(self) -> bool:
        async with self._looking:
            if self._clock() - self._looked_at >= self._look_every_s:
                try:
                    self._seen = await self._others_wait()
                except StorageUnavailable:  # then no such call can begin either
                    self._seen = False
                self._looked_at = self._clock()
            return self._seen

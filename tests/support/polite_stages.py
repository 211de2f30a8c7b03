"""Stages that work on one call at a time, in the order in which they come, and remember who came when."""

import asyncio
from collections import Counter, defaultdict

from services.workflow.stages import Stages


class OneAtATime:
    """Stages in front of others.

    Args:
        stages: Who does the work.
        slow: A stage in which work waits for `gate`.

    Attributes:
        begun: Who called which stage, in order.
        ahead: By caller and stage, how many calls of others had been made to it and not ended when it was called.
    """

    def __init__(self, stages, slow):
        self.begun = []
        self.ahead = defaultdict(list)
        self.gate = asyncio.Event()
        self._stages = stages
        self._slow = slow
        self._locks = defaultdict(asyncio.Lock)
        self._unfinished = Counter()

    def seen_by(self, caller):
        """The stages, for one caller."""
        return Stages(*(_Stage(self, caller, name, getattr(self._stages, name)) for name in Stages.__annotations__))

    def call(self, caller, stage, begin):
        async def work():
            try:
                async with self._locks[stage]:
                    if stage == self._slow:
                        await self.gate.wait()
                    return await begin()
            finally:
                self._unfinished[stage, caller] -= 1

        others = sum(count for (at, who), count in self._unfinished.items() if at == stage and who != caller)
        self.ahead[caller, stage].append(others)
        self.begun.append((caller, stage))
        self._unfinished[stage, caller] += 1
        return asyncio.ensure_future(work())


class _Stage:
    def __init__(self, owner, caller, name, stage):
        self._owner, self._caller, self._name, self._stage = owner, caller, name, stage

    def __getattr__(self, method):
        def begin(*args):
            return self._owner.call(self._caller, self._name, lambda: getattr(self._stage, method)(*args))

        return begin

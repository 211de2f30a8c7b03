"""Asking after a stage that may sleep, without waking it."""

from collections.abc import Awaitable, Callable

from services.common.lifecycle import Lifecycle
from services.workflow.readiness import Probe


class Sleeper:
    """A probe of a stage that keeps no replica while nobody needs it.

    A question is a call like others: it would start the stage, and keep it from falling asleep. So the stage is asked
    once when it has woken; otherwise only whether a replica of it runs.

    Args:
        runs: Whether a replica runs; raises `NotReady` where none can be started.
        ask: Awaits an answer of the stage or raises.
    """

    def __init__(self, runs: Callable[[], Awaitable[bool]], ask: Probe) -> None:
        self._runs = runs
        self._ask = ask
        self._answer: object = Lifecycle.ASLEEP

    async def __call__(self) -> object:
        """What the stage answered when it woke, or that it is asleep."""
        if not await self._runs():
            self._answer = Lifecycle.ASLEEP
        elif self._answer is Lifecycle.ASLEEP:
            self._answer = await self._ask()
        return self._answer

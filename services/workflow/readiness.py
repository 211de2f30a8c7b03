"""Whether every stage has finished its warm-up and answers."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from services.common.errors import NotReady, Overloaded
from services.common.lifecycle import Lifecycle
from services.common.logs import logger

Probe = Callable[[], Awaitable[object]]

#: Stages in these states take calls.
_TAKES_CALLS: Final = (Lifecycle.READY, Lifecycle.ASLEEP)


class Readiness:
    """Asks every stage and remembers the answers for a moment.

    A stage's replica answers only after its warm-up. A slow answer, or a full queue, from a stage that answered before
    means that it is busy, not that it is down; any other error takes readiness back.

    Args:
        probes: By stage name; each awaits an answer of the stage or raises. `Lifecycle.ASLEEP` says that it sleeps.
        timeout_s: How long one answer may take.
        fresh_s: How long answers are believed.
        clock: Seconds from any fixed point.
    """

    def __init__(
        self,
        probes: Mapping[str, Probe],
        timeout_s: float = 1.0,
        fresh_s: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._probes = probes
        self._timeout_s = timeout_s
        self._fresh_s = fresh_s
        self._clock = clock
        self._states = dict.fromkeys(probes, Lifecycle.STARTING)
        self._was_ready = False
        self._asked_at = -fresh_s
        self._asking = asyncio.Lock()
        #: By stage, what its last answer told of it, such as what computes its networks and why.
        self.told: dict[str, dict[str, Any]] = {}

    async def states(self) -> dict[str, Lifecycle]:
        """Each stage's state, asked now unless that was done a moment ago."""
        async with self._asking:
            if self._clock() - self._asked_at >= self._fresh_s:
                await asyncio.gather(*(self._ask(name) for name in self._probes))
                self._asked_at = -self._fresh_s if self._failed else self._clock()
                self._was_ready = self._was_ready or self._all_ready
            return dict(self._states)

    async def ready(self) -> bool:
        """True when every stage is warm and answers, or sleeps and is started by the next call."""
        return all(state in _TAKES_CALLS for state in (await self.states()).values())

    async def require(self) -> None:
        """Let a request pass. One that meets a stage that starts, as all do when the service is updated, waits for it
        instead, and so does one that meets a stage that answered before and is being replaced.

        Raises:
            NotReady: A stage that never answered has failed; the message names it.
        """
        if self._was_ready:
            return
        await self.states()
        if self._failed:
            raise NotReady(
                f"the service is starting; not ready yet: {', '.join(self._failed)}",
                stages=self._failed, retry_after_s=1,
            )  # fmt: skip

    @property
    def _all_ready(self) -> bool:
        return all(state in _TAKES_CALLS for state in self._states.values())

    @property
    def _failed(self) -> list[str]:
        return [name for name, state in self._states.items() if state is Lifecycle.FAILED]

    async def _ask(self, name: str) -> None:
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._probes[name]()
        except (TimeoutError, Overloaded):
            return
        except Exception as error:  # noqa: BLE001 - whatever a probe meets, the stage did not answer
            if self._states[name] is not Lifecycle.FAILED:
                logger().warning("stage does not answer", stage=name, cause=repr(error))
            self._states[name] = Lifecycle.FAILED
        else:
            self._states[name] = Lifecycle.ASLEEP if answer is Lifecycle.ASLEEP else Lifecycle.READY
            self.told[name] = answer if isinstance(answer, dict) else {}

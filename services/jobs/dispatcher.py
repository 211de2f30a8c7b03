"""Works off items of jobs: claims what can begin, has it made, and writes down what became of it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

from services.common.errors import Cancelled, NotReady, Overloaded
from services.common.job_settings import JobSettings
from services.common.metrics import JOB_BACKLOG_SECONDS, JOB_ITEMS_RUNNING, JOB_WAIT_SECONDS, Recorder
from services.jobs.claimant import Claimant
from services.jobs.harvest import Harvest
from services.jobs.rounds import Rounds
from services.jobs.schema import Backlog, ClaimId, Outcome, Task

#: Leases are renewed, what is to stop is learned, and what is due is queued again so often, in seconds.
_BEAT_S: Final = 1.0
#: The backlog is looked at so often, in seconds.
_LOOK_S: Final = 5.0
#: Items that are given back get so long to stop, in seconds, and so long is tried to write down what ended.
_LAST_S: Final = 4.0
#: `drain` takes no longer than `drain_s` and this, in seconds, unless the database hangs.
DRAIN_MARGIN_S: Final = 2 * _LAST_S + 2.0


@dataclass
class _AtWork:
    """An item that is being made.

    Args:
        task: Which.
        making: The work.
        began_s: When, by the dispatcher's clock.
        stops: It is to stop, as somebody cancelled it.
        lost: Its claim is not ours any more.
    """

    task: Task
    making: asyncio.Task[Outcome]
    began_s: float
    stops: bool = False
    lost: bool = False

    def learn(self, is_lost: bool, stops: bool) -> None:
        """Take what the database says of the claim; the first time that the work is not wanted any more, cancel it."""
        if not (self.stops or self.lost) and (is_lost or stops):
            self.making.cancel()  # does nothing where it has ended meanwhile
        self.lost = self.lost or is_lost
        self.stops = self.stops or stops


class Dispatcher:
    """Claims no more than can begin, lets it be made, and tells the database. No error ends it, and while the database
    is away it holds what has ended and claims nothing.

    Args:
        claimant: Gets items, and keeps them.
        work: Makes an item's picture; raises `CancelledError` alone.
        harvest: Writes down what became of items.
        settings: How many at once, and how often it looks.
        recorder: Gets its metrics.
        ready: Whether all stages answer. Asked before the first claim, and again after one of them did not.
        stuck_after_s: An item that takes longer is taken to hang.
        clock: Seconds from any fixed point.
    """

    def __init__(
        self,
        claimant: Claimant,
        work: Callable[[Task], Coroutine[Any, Any, Outcome]],
        harvest: Harvest,
        settings: JobSettings,
        recorder: Recorder,
        ready: Callable[[], Awaitable[bool]],
        stuck_after_s: float = 600.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._claimant = claimant
        self._make = work
        self._harvest = harvest
        self._settings = settings
        self._recorder = recorder
        self._ready = ready
        self._stuck_after_s = stuck_after_s
        self._clock = clock
        self._at_work: dict[ClaimId, _AtWork] = {}
        self._stages_doubted = True
        self._stopping = False
        self._work = Rounds("work", self._finish_and_claim, settings.claim_every_s)
        self._beats = Rounds("beat", self._beat, min(_BEAT_S, settings.lease_s / 3))
        self._looks = Rounds("look", self._look, _LOOK_S)
        #: What waited when last looked at.
        self.backlog = Backlog(0.0, 0, 0)

    def start(self) -> None:
        """Begin; needs a running event loop."""
        for rounds in (self._work, self._beats, self._looks):
            rounds.start()

    def wake(self) -> None:
        """Look at once for what is new, or is to stop."""
        self._beats.soon()
        self._work.soon()

    def check(self) -> None:
        """See that it gets on.

        Raises:
            NotReady: It does not, or an item hangs.
        """
        for rounds in (self._work, self._beats, self._looks):
            rounds.check()
        longest_s = max((self._clock() - each.began_s for each in self._at_work.values()), default=0.0)
        if longest_s > self._stuck_after_s:
            raise NotReady(f"an item has been at work for {longest_s:.0f} s")

    async def drain(self) -> None:
        """Claim nothing more, let what is at work end, as long as `drain_s`, and give the rest back, which costs it no
        attempt."""
        self._stopping = True
        await self._until_none_is_at_work(self._settings.drain_s)
        for each in self._at_work.values():
            each.making.cancel()
        await self._until_none_is_at_work(_LAST_S)
        limit = self._clock() + _LAST_S
        while self._harvest and self._clock() < limit:
            self._work.soon()
            await asyncio.sleep(0.05)
        for rounds in (self._work, self._beats, self._looks):
            await rounds.stop()

    async def _until_none_is_at_work(self, patience_s: float) -> None:
        if self._at_work:
            await asyncio.wait([each.making for each in self._at_work.values()], timeout=patience_s)

    async def _finish_and_claim(self) -> None:
        await self._harvest.write()
        await self._claim()

    async def _claim(self) -> None:
        free = self._settings.at_once - len(self._at_work)
        if self._stopping or free <= 0 or not await self._stages_answer():
            return
        for task in await self._claimant.claim(free):
            self._begin(task)

    async def _stages_answer(self) -> bool:
        if self._stages_doubted:
            self._stages_doubted = not await self._ready()
        return not self._stages_doubted

    def _begin(self, task: Task) -> None:
        making = asyncio.create_task(self._make(task))
        self._at_work[task.claim] = _AtWork(task, making, self._clock())
        making.add_done_callback(lambda _: self._end(task.claim))
        self._recorder.observe(JOB_WAIT_SECONDS, task.waited_s)
        self._recorder.set(JOB_ITEMS_RUNNING, len(self._at_work))

    def _end(self, claim: ClaimId) -> None:
        ended = self._at_work.pop(claim)
        self._recorder.set(JOB_ITEMS_RUNNING, len(self._at_work))
        outcome = self._outcome(ended)
        if ended.lost:
            self._harvest.drop(outcome)
        else:
            self._stages_doubted = self._stages_doubted or isinstance(outcome.error, NotReady)
            self._harvest.add(outcome)
        self._work.soon()

    def _outcome(self, ended: _AtWork) -> Outcome:
        """What became of an item. Who stops it, and why, is known here alone."""
        given_back = Outcome(ended.task)
        outcome = given_back if ended.making.cancelled() else ended.making.result()
        if outcome.answer is not None:
            return outcome
        if ended.stops:
            return Outcome(ended.task, error=Cancelled("the item was cancelled"), work=outcome.work)
        if self._stopping and isinstance(outcome.error, NotReady | Overloaded | Cancelled):
            return given_back  # when a whole service stops, so do its stages
        if isinstance(outcome.error, Cancelled):
            return Outcome(ended.task, error=NotReady("a stage stopped before the work was done"), work=outcome.work)
        return outcome

    async def _beat(self) -> None:
        """Keep what is ours, stop what is to stop or is not ours any more, and queue again what is due."""
        at_work = list(self._at_work.values())
        ours = [*self._harvest.tasks, *(each.task for each in at_work)]
        if ours:
            held = await self._claimant.renew(ours)
            for each in at_work:
                each.learn(is_lost=each.task.claim not in held.claims, stops=each.task.claim in held.stop)
        if await self._claimant.reap():
            self._work.soon()

    async def _look(self) -> None:
        self.backlog = await self._claimant.backlog()
        self._recorder.set(JOB_BACKLOG_SECONDS, self.backlog.oldest_s)

"""Works off trainings: claims one at a time, has it worked on in a thread, and keeps its lease meanwhile."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from services.common.errors import NotReady
from services.common.logs import logger, request_context
from services.common.metrics import (
    TRAINING_BACKLOG_SECONDS,
    TRAINING_SECONDS,
    TRAININGS,
    TRAININGS_RUNNING,
    Recorder,
)
from services.common.training_settings import TrainingSettings
from services.database.database import Database
from services.factory.queue import TrainingQueue
from services.factory.schema import Hold, TrainingTask
from services.factory.watch import Watch, Why
from services.jobs.rounds import Rounds
from services.jobs.schema import Backlog

#: Leases are renewed, and what is to stop is learned, so often, in seconds.
_BEAT_S: Final = 1.0
#: Trainings are looked for so often where nobody says that there is one, and so is the backlog, in seconds.
_LOOK_S: Final = 5.0
#: A step that is being taken gets so long to end when the trainer stops, in seconds.
_LAST_S: Final = 2.0
#: `drain` takes no longer than `drain_s` and this, in seconds.
DRAIN_MARGIN_S: Final = 3 * _LAST_S + 1.0
#: A training that gives no sign of life for longer is taken to hang; loading a checkpoint gives none; in seconds.
_STUCK_S: Final = 1800.0


class Work(Protocol):
    """Takes claims to their ends, see `Attempts`."""

    def run(self, task: TrainingTask, watch: Watch) -> str:
        """Work on a claim; what came of it."""


@dataclass
class _AtWork:
    """A training that is being worked on.

    Args:
        task: Which.
        watch: Of it.
        signs: Of life, as of the watch when last looked at.
        since: When they had last grown then, by the trainer's clock.
    """

    task: TrainingTask
    watch: Watch
    signs: int
    since: float


class Trainer:
    """Claims no more than it works on, and tells the database. No error ends it.

    Args:
        database: Where trainings are.
        queue: Hands them out.
        work: Does the work.
        settings: Leases, and how it ends.
        recorder: Gets its metrics.
        clock: Seconds from any fixed point.
    """

    def __init__(
        self,
        database: Database,
        queue: TrainingQueue,
        work: Work,
        settings: TrainingSettings,
        recorder: Recorder,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._queue = queue
        self._work = work
        self._drain_s = settings.drain_s
        self._recorder = recorder
        self._clock = clock
        self._at_work: _AtWork | None = None
        self._working: asyncio.Task[None] | None = None
        self._stopping = False
        self._claims = Rounds("claim", self._claim, _LOOK_S)
        self._beats = Rounds("beat", self._beat, min(_BEAT_S, settings.lease_s / 3))
        self._looks = Rounds("look", self._look, _LOOK_S)
        #: What waited when last looked at.
        self.backlog = Backlog(0.0, 0, 0)

    def start(self) -> None:
        """Begin; needs a running event loop."""
        self._recorder.set(TRAININGS_RUNNING, 0)
        for rounds in (self._claims, self._beats, self._looks):
            rounds.start()

    def wake(self) -> None:
        """Look at once for what is new, or is to stop."""
        self._beats.soon()
        self._claims.soon()

    def check(self) -> None:
        """See that it gets on.

        Raises:
            NotReady: It does not, or its training hangs.
        """
        for rounds in (self._claims, self._beats, self._looks):
            rounds.check()
        if (at_work := self._at_work) is None:
            return
        if at_work.watch.signs != at_work.signs:
            at_work.signs, at_work.since = at_work.watch.signs, self._clock()
        stuck_s = self._clock() - at_work.since
        if stuck_s > _STUCK_S:
            raise NotReady(f"a training has given no sign of life for {stuck_s:.0f} s")

    async def drain(self) -> None:
        """Claim nothing more, and have the training at work stop within a step; what it had is kept, so that others go
        on with it, which costs it no attempt."""
        self._stopping = True
        await self._claims.stop(_LAST_S)
        if self._at_work is not None:
            self._at_work.watch.stop(Why.DRAINED)
        if self._working is not None:
            await asyncio.wait([self._working], timeout=self._drain_s)
        for rounds in (self._beats, self._looks):
            await rounds.stop(_LAST_S)

    async def _claim(self) -> None:
        if self._stopping or self._at_work is not None:
            return
        task = await self._database.run(self._queue.claim)
        if task is not None:
            self._at_work = _AtWork(task, Watch(), 0, self._clock())
            self._working = asyncio.create_task(self._worked(self._at_work))

    async def _worked(self, at_work: _AtWork) -> None:
        began = self._clock()
        self._recorder.set(TRAININGS_RUNNING, 1)
        try:
            outcome = await asyncio.to_thread(self._in_thread, at_work)
        finally:
            self._at_work = None
            self._recorder.set(TRAININGS_RUNNING, 0)
        self._recorder.count(TRAININGS, outcome=outcome)
        self._recorder.observe(TRAINING_SECONDS, self._clock() - began, outcome=outcome)
        self._claims.soon()

    def _in_thread(self, at_work: _AtWork) -> str:
        task = at_work.task
        with request_context(f"{task.training_id}-{task.fence}", tenant=task.tenant, training=task.training_id):
            logger().info("training begins", style=task.style_id, waited_s=round(task.waited_s, 1))
            if self._stopping:
                at_work.watch.stop(Why.DRAINED)
            return self._work.run(task, at_work.watch)

    async def _beat(self) -> None:
        """Keep what is ours, stop what is to stop or is not ours any more, and queue again what nobody works on."""
        if (at_work := self._at_work) is not None:
            task, watch = at_work.task, at_work.watch
            step, loss = watch.step, watch.loss
            hold = await self._database.run(lambda session: self._queue.renew(session, task, step, loss))
            if hold is not Hold.OURS:
                watch.stop(Why.CANCELLED if hold is Hold.CANCELLED else Why.LOST)
        if await self._database.run(self._queue.reap):
            self._claims.soon()

    async def _look(self) -> None:
        self.backlog = await self._database.read(self._queue.backlog)
        self._recorder.set(TRAINING_BACKLOG_SECONDS, self.backlog.oldest_s)

"""What one dispatcher asks of the queue, each in a transaction of its own."""

import uuid
from collections.abc import Sequence
from typing import Protocol

from sqlalchemy.orm import Session

from services.database.database import Database
from services.jobs.schema import Backlog, Held, Outcome, Task


class Queue(Protocol):
    """Items in the database, see `services.jobs.queue`. Every call takes part in the session's transaction."""

    def claim(self, session: Session, owner: str, most: int) -> list[Task]:
        """Items that are the owner's from now on, as long as it renews its leases."""

    def renew(self, session: Session, owner: str, tasks: Sequence[Task]) -> Held:
        """Lengthen the leases of those that are still the owner's, and tell which of them are to stop."""

    def finish(self, session: Session, owner: str, outcomes: Sequence[Outcome]) -> list[bool]:
        """Write down what became of claims; False for each that was lost. Asking again is safe."""

    def reap(self, session: Session) -> int:
        """Queue what lost its dispatcher, and what has waited long enough after a failure; tells how many."""

    def backlog(self, session: Session) -> Backlog:
        """What waits."""


class Claimant:
    """A dispatcher, for the queue. Every method may raise `StorageUnavailable`.

    Args:
        database: Where the queue is.
        queue: What is asked.
    """

    def __init__(self, database: Database, queue: Queue) -> None:
        self._database = database
        self._queue = queue
        self._name = uuid.uuid4().hex

    async def claim(self, most: int) -> list[Task]:
        """Items to begin now."""
        return await self._database.run(lambda session: self._queue.claim(session, self._name, most))

    async def renew(self, tasks: Sequence[Task]) -> Held:
        """Keep these. What was claimed without our learning of it, as when an answer was lost, is not kept."""
        return await self._database.run(lambda session: self._queue.renew(session, self._name, tasks))

    async def finish(self, outcomes: Sequence[Outcome]) -> list[bool]:
        """Give these up; False for each that was not ours any more."""
        return await self._database.run(lambda session: self._queue.finish(session, self._name, outcomes))

    async def reap(self) -> int:
        """Queue what nobody works on any more, and what is due again."""
        return await self._database.run(self._queue.reap)

    async def backlog(self) -> Backlog:
        """What waits."""
        return await self._database.read(self._queue.backlog)

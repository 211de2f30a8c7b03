"""Removes trainings whose time is over, and what they left to be looked at."""

from typing import Protocol

from services.database.database import Database
from services.factory.queue import TrainingQueue


class Clearing(Protocol):
    """Removes files, see `Workshop`."""

    def clear(self, tenant: str, training_id: str) -> None:
        """Remove the files of a training."""


class TrainingSweeper:
    """Removes files first, then rows. Several at once do no harm, and the next one goes on where one died.

    Args:
        database: Where trainings are.
        queue: Knows which are over.
        files: Removes theirs.
    """

    def __init__(self, database: Database, queue: TrainingQueue, files: Clearing) -> None:
        self._database = database
        self._queue = queue
        self._files = files

    def sweep(self) -> int:
        """One round; how many were removed.

        Raises:
            StorageUnavailable: The database or the blob store does not answer.
        """
        with self._database.reading() as session:
            places = self._queue.expired(session)
        for tenant, training_id in places:
            self._files.clear(tenant, training_id)
            with self._database.transaction() as session:
                self._queue.forget(session, training_id)
        return len(places)

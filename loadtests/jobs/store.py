"""The job store as the service has it, without Serve: the plain classes over a database."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import func, select

from services.api.common import Blob
from services.api.studio import CreateShotResponse
from services.common.job_settings import JobSettings
from services.common.settings import DatabaseSettings, TenantSettings
from services.database.database import Database
from services.database.tables import JobRow
from services.jobs.entry import MAX_ADDED, Entry
from services.jobs.moves import Moves
from services.jobs.queue import Queue
from services.jobs.schema import NewItem, NewJob, Outcome, Task
from services.tenants.accounts import Accounts, Wishes
from services.tenants.quota import Quotas
from services.tenants.usage import UsageLedger, Work

RECIPE: Final = '{"scene_id":"white"}'
IMAGE: Final = '{"url":"https://shop.example/photos/%06d.jpg"}'


class Store:
    """Jobs in and out; each call is a transaction of its own.

    Args:
        database: Open.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        settings = JobSettings(max_queued=10_000_000)
        self.moves = Moves()
        self._entry = Entry(self.moves, settings)
        self._accounts = Accounts(TenantSettings())
        self._queue = Queue(self.moves, self._accounts, Quotas("month"), UsageLedger(), settings)

    @classmethod
    @contextmanager
    def open(cls, url: str, folder: Path) -> Iterator["Store"]:
        """On that database, or where there is no address on an SQLite file in the folder."""
        database = Database.open(DatabaseSettings(url=url, timeout_s=60), folder)
        try:
            yield cls(database)
        finally:
            database.close()

    def create(self, tenant: str, items: int) -> None:
        """A job, in as many transactions as the gateway takes."""
        new = NewJob("shot", RECIPE, bytes(32))
        with self.database.transaction() as session:
            job_id = self._entry.begin(session, tenant, new).id
        for first in range(0, items, MAX_ADDED):
            numbers = range(first, min(items, first + MAX_ADDED))
            with self.database.transaction() as session:
                self.moves.share(session, tenant)
                job = self.moves.job(session, tenant, job_id)
                self._entry.add(session, job, [NewItem(str(number), IMAGE % number) for number in numbers])
        with self.database.transaction() as session:
            self.moves.share(session, tenant)
            self._entry.finish(session, self.moves.job(session, tenant, job_id), new)

    def weigh(self, tenant: str, weight: float) -> None:
        """Give a tenant a weight."""
        with self.database.transaction() as session:
            self._accounts.ensure(session, tenant)
            self._accounts.set_limits(session, tenant, Wishes(job_weight=weight))

    def claim(self, owner: str, most: int) -> list[Task]:
        """See `Queue.claim`."""
        with self.database.transaction() as session:
            return self._queue.claim(session, owner, most)

    def finish(self, owner: str, outcomes: Sequence[Outcome]) -> None:
        """See `Queue.finish`; all of them have to count."""
        with self.database.transaction() as session:
            counted = self._queue.finish(session, owner, outcomes)
        if not all(counted):
            raise RuntimeError(f"{counted.count(False)} claims were lost")

    def is_empty(self) -> bool:
        """Whether nothing waits and nothing is at work."""
        with self.database.reading() as session:
            backlog = self._queue.backlog(session)
        return not backlog.queued + backlog.running

    def done(self) -> dict[str, int]:
        """How many items of each tenant succeeded."""
        counted = select(JobRow.tenant, func.sum(JobRow.succeeded)).group_by(JobRow.tenant)
        with self.database.reading() as session:
            return {tenant: int(items) for tenant, items in session.execute(counted)}


def no_op(task: Task, seconds: float = 0.05) -> Outcome:
    """What a stage answers that does nothing, and says that it took so long."""
    image = Blob(
        key=f"shots/{task.tenant}/{task.folder}-0123456789ab.jpg", media_type="image/jpeg", size_bytes=400_000,
        sha256="0" * 64, width=1600, height=1200,
    )  # fmt: skip
    work = Work(1, 1.92, 300_000, 400_000, {"segment": 0.3 * seconds, "generate": 0.7 * seconds})
    return Outcome(task, answer=CreateShotResponse(image=image, seed=7), work=work)

"""The database: transactions, in this thread or in threads of its own."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from services.common.errors import StorageUnavailable
from services.common.settings import DatabaseSettings
from services.database import migrate
from services.database.connection import READ_ONLY, open_engine

T = TypeVar("T")


class Database:
    """Runs transactions. SQLite in a file, or PostgreSQL; what runs in them is the same.

    Args:
        engine: Where to.
        threads: Transactions at once; the engine's connections.
    """

    def __init__(self, engine: Engine, threads: int = 4) -> None:
        self.engine = engine
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="database")

    @classmethod
    def open(cls, settings: DatabaseSettings, data_dir: Path) -> "Database":
        """The database that the settings name, its tables brought up to date if they want so.

        Raises:
            StorageUnavailable: It does not answer, or its tables are of another version.
            ValueError: The setting `database.url` is wrong.
        """
        database = cls(open_engine(settings, data_dir), settings.max_connections)
        try:
            with translated():
                if settings.upgrade:
                    migrate.upgrade(database.engine)
                migrate.require_current(database.engine)
        except BaseException:
            database.close()
            raise
        return database

    def close(self) -> None:
        """Let running transactions end, then close every connection."""
        self._threads.shutdown()
        self.engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A transaction for the body: all of it counts, or nothing.

        Raises:
            StorageUnavailable: The database does not answer, or was locked for too long.
        """
        with translated(), Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """The same for a body that only reads; on SQLite it keeps nobody from writing.

        Raises:
            StorageUnavailable: The database does not answer.
        """
        engine = self.engine.execution_options(**{READ_ONLY: True})
        with translated(), Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    async def run(self, work: Callable[[Session], T]) -> T:
        """`work` in a transaction, in a thread. A caller who is cancelled waits no longer; the transaction ends.

        Raises:
            StorageUnavailable: The database does not answer.
        """

        def in_transaction() -> T:
            with self.transaction() as session:
                return work(session)

        return await asyncio.get_running_loop().run_in_executor(self._threads, in_transaction)

    async def read(self, work: Callable[[Session], T]) -> T:
        """The same for work that only reads.

        Raises:
            StorageUnavailable: The database does not answer.
        """

        def in_transaction() -> T:
            with self.reading() as session:
                return work(session)

        return await asyncio.get_running_loop().run_in_executor(self._threads, in_transaction)


@contextmanager
def translated() -> Iterator[None]:
    """The driver's errors as ours. Their texts name hosts and statements, so they stay behind as the cause.

    Raises:
        StorageUnavailable: The body met one.
    """
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        raise StorageUnavailable("the database does not answer", retry_after_s=1) from error

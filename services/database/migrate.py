"""The tables' versions: up, down, and which one it is (alembic, https://alembic.sqlalchemy.org)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Engine, text

from services.common.errors import InvalidInput, StorageUnavailable

#: Of the advisory lock that replicas which start together take in turn: "vitrine" as a number.
_LOCK: Final = int.from_bytes(b"vitrine", "big")


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the tables up to a version, with what is in them. Several processes may ask at once."""
    with configured(engine) as config:
        command.upgrade(config, revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the tables back to an older version ("base": none); what only newer tables can hold is lost.

    Raises:
        InvalidInput: There is no such version.
    """
    with configured(engine) as config:
        try:
            command.downgrade(config, revision)
        except CommandError as error:
            raise InvalidInput(f"the tables have no older version {revision[:40]!r}", field="version") from error


def current(engine: Engine) -> str:
    """The tables' version; empty where there are none."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


def newest() -> str:
    """The version that this code works with."""
    return ScriptDirectory.from_config(_plain()).get_current_head() or ""


def require_current(engine: Engine) -> None:
    """See that code and tables fit.

    Raises:
        StorageUnavailable: They don't; tells both versions.
    """
    found = current(engine)
    if found != newest():
        raise StorageUnavailable(
            f"the database's tables have version {found or 'none'}, wanted is {newest()}; "
            "run 'vitrine database upgrade'"
        )


def _plain() -> Config:
    config = Config()
    config.set_main_option("script_location", "services.database:migrations")
    config.set_main_option("path_separator", "os")
    return config


@contextmanager
def configured(engine: Engine) -> Iterator[Config]:
    """A configuration whose connection is ours, in one transaction that nobody else is in."""
    with engine.connect() as connection:
        sqlite = connection.connection.driver_connection if engine.dialect.name == "sqlite" else None
        if sqlite is not None:
            _prepare(sqlite)
        with connection.begin():
            if sqlite is None:  # SQLite's transaction itself is the lock
                connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
            config = _plain()
            config.attributes["connection"] = connection
            yield config
        if sqlite is not None:
            connection.invalidate()


def _prepare(sqlite: Any) -> None:
    """Readers beside a writer (https://www.sqlite.org/wal.html), which the file remembers, and tables that may be
    copied: dropping the old one would else take with it, by its foreign keys, what belongs to its rows."""
    sqlite.execute("PRAGMA journal_mode = WAL")
    sqlite.execute("PRAGMA foreign_keys = OFF")

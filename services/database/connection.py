"""How connections to either database behave, so that everything above can forget which one it is."""

from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from services.common.settings import DatabaseSettings

#: Execution option of connections that only read; their transactions take no lock on SQLite.
READ_ONLY: Final = "vitrine_read_only"

_POSTGRES: Final = frozenset({"postgres", "postgresql", "postgresql+psycopg"})


def open_engine(settings: DatabaseSettings, data_dir: Path) -> Engine:
    """An engine; connects when it is first used.

    Args:
        settings: Which database.
        data_dir: Where the SQLite file lies when they name none.

    Raises:
        ValueError: The setting `database.url` is no address of a database that we know.
    """
    url = _url(settings, data_dir)
    # Errors that are logged must not carry the values of a statement.
    options: dict[str, Any] = {
        "hide_parameters": True, "pool_size": settings.max_connections, "max_overflow": 0,
        "pool_timeout": settings.timeout_s, "pool_pre_ping": True,
    }  # fmt: skip
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": settings.timeout_s}, **options)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    limit_ms = int(settings.timeout_s * 1000)
    arguments = {"connect_timeout": max(2, int(settings.timeout_s)), "options": f"-c lock_timeout={limit_ms}"}
    # Row locks order what must be ordered, and a statement behind one sees what the transaction before it wrote.
    return create_engine(url, connect_args=arguments, isolation_level="READ COMMITTED", **options)


def _url(settings: DatabaseSettings, data_dir: Path) -> URL:
    text = settings.url.get_secret_value()
    if not text:
        data_dir.mkdir(parents=True, exist_ok=True)
        return URL.create("sqlite", database=str(data_dir / "vitrine.db"))
    try:
        url = make_url(text)
    except ArgumentError:
        raise ValueError("the setting database.url is no address of a database") from None  # the text holds a password
    if url.drivername in _POSTGRES:
        return url.set(drivername="postgresql+psycopg")
    if url.drivername == "sqlite" and url.database not in (None, "", ":memory:"):
        return url
    raise ValueError(
        f"the setting database.url names {url.drivername}; known are postgresql://… and sqlite:///FILE (empty: a file "
        "in data_dir)"
    )


def _prepare_sqlite(connection: Any, _: Any) -> None:
    # The driver's own idea of when transactions begin is off (https://docs.sqlalchemy.org/en/21/dialects/sqlite.html).
    connection.isolation_level = None
    for pragma in ("foreign_keys = ON", "synchronous = NORMAL"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """A transaction that may write takes its lock at once: one that read first could not wait for it any more."""
    read_only = connection.get_execution_options().get(READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

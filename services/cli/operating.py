"""What the commands of operators share: the database, and how its times are written."""

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from services.cli.configuration import open_settings

if TYPE_CHECKING:
    from services.common.settings import TenantSettings
    from services.database.database import Database


@contextmanager
def open_database() -> "Iterator[tuple[Database, TenantSettings]]":
    """The database that the settings name, its tables up to date, and the settings of tenants.

    Raises:
        InvalidInput: The settings are wrong.
        StorageUnavailable: The database does not answer.
    """
    from services.common.errors import InvalidInput
    from services.database.database import Database

    settings = open_settings()
    try:
        database = Database.open(settings.database, settings.data_dir)
    except ValueError as error:
        raise InvalidInput(str(error)) from error
    try:
        yield database, settings.tenants
    finally:
        database.close()


def moment(unix_s: float | None) -> str:
    """A time for a table, UTC; a dash where there is none."""
    return "-" if unix_s is None else f"{datetime.datetime.fromtimestamp(unix_s, datetime.UTC):%Y-%m-%d %H:%M}"

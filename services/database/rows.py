"""Rows that several processes may be the first to need."""

from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from services.database.base import Base

R = TypeVar("R", bound=Base)


def locked_row(session: Session, table: type[R], key: dict[str, Any], first: dict[str, Any]) -> R:
    """The row with that primary key, which nobody else reads here or writes until the transaction ends.

    Args:
        session: In a transaction that may write.
        table: Whose row.
        key: Its primary key, by column.
        first: The other columns' values if the row has to be made.
    """
    # SQLite knows no row locks and needs none: a transaction that may write is alone there.
    find = select(table).filter_by(**key).with_for_update()
    while (row := session.execute(find).scalar_one_or_none()) is None:
        # Somebody else may make it first, or remove it again.
        insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
        session.execute(insert(table).values(**key, **first).on_conflict_do_nothing())
    return row

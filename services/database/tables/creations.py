"""Calls that make pictures, from their beginning until nobody will ask for them again."""

from typing import Final

from sqlalchemy import Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from services.database.base import Base

_AT_WORK: Final = text("answer IS NULL")


class Creation(Base):
    """One call: at work while `answer` is NULL and its lease runs, given up when the lease is over, else done."""

    __tablename__ = "creations"
    __table_args__ = (
        Index("ix_creations_lease_until_s", "lease_until_s", sqlite_where=_AT_WORK, postgresql_where=_AT_WORK),
    )

    tenant: Mapped[str] = mapped_column(String(63), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    #: Who works on it: a name that is drawn for every attempt, so that one that was given up can't finish it.
    owner: Mapped[str] = mapped_column(String(32))
    lease_until_s: Mapped[float]
    #: The quota period that it was counted in.
    period_s: Mapped[float]
    #: When an answer is forgotten.
    expires_s: Mapped[float] = mapped_column(index=True)
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)

"""Trainings of styles, and who works on them."""

from typing import Final

from sqlalchemy import BigInteger, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.database.base import Base

#: What the partial indexes hold. Queries that are to use one say the same in the same words, without parameters.
QUEUED_TRAININGS: Final = text("state = 'QUEUED'")
HELD_TRAININGS: Final = text("state IN ('RUNNING', 'CANCELLING')")


class StyleTrainingRow(Base):
    """A training: what is asked for, how far it is, and what became of it."""

    __tablename__ = "style_trainings"
    __table_args__ = (
        UniqueConstraint("tenant", "key"),
        Index("ix_style_trainings_tenant_created_s_id", "tenant", "created_s", "id"),
        Index(
            "ix_style_trainings_queued", "created_s",
            sqlite_where=QUEUED_TRAININGS, postgresql_where=QUEUED_TRAININGS,
        ),
        Index(
            "ix_style_trainings_held", "lease_until_s",
            sqlite_where=HELD_TRAININGS, postgresql_where=HELD_TRAININGS,
        ),
        Index("ix_style_trainings_expires_s", "expires_s"),
    )  # fmt: skip

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(63))
    #: The caller's idempotency key; NULL where it gave none.
    key: Mapped[str | None] = mapped_column(String(200))
    #: SHA-256 of what was asked for under that key.
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    style_id: Mapped[str] = mapped_column(String(63))
    description: Mapped[str] = mapped_column(String(200))
    #: A JSON list of [blob's key, caption].
    pictures: Mapped[str] = mapped_column(Text)
    #: How many those are.
    picture_count: Mapped[int]
    steps: Mapped[int]
    rank: Mapped[int]
    learning_rate: Mapped[float]
    batch: Mapped[int]
    seed: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(12))
    created_s: Mapped[float]
    #: Begun since it last got on.
    attempts: Mapped[int]
    #: Grows with every claim: whoever holds an older one changes nothing any more.
    fence: Mapped[int]
    lease_until_s: Mapped[float | None]
    #: Not begun again before this.
    retry_at_s: Mapped[float | None]
    began_s: Mapped[float | None]
    ended_s: Mapped[float | None]
    #: When an ended training is removed.
    expires_s: Mapped[float | None]
    #: As told last, of the steps and of the last one.
    steps_done: Mapped[int]
    loss: Mapped[float]
    #: The blob that it goes on from, and the steps in it; NULL: from the beginning.
    kept_key: Mapped[str | None] = mapped_column(String(512))
    kept_step: Mapped[int]
    #: `StoredBlob`s as JSON: what it left to be looked at.
    loss_plot: Mapped[str | None] = mapped_column(Text)
    sample_sheet: Mapped[str | None] = mapped_column(Text)
    error_code: Mapped[str | None] = mapped_column(String(40))
    error: Mapped[str | None] = mapped_column(Text)

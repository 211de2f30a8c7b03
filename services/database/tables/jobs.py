"""Jobs, their items, and each tenant's turn."""

from typing import Final

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.database.base import Base

#: What the partial indexes hold. Queries that are to use one say the same in the same words, without parameters.
READY_JOBS: Final = text("state = 'ACTIVE' AND queued > 0")
UNSWEPT_JOBS: Final = text("NOT swept AND ended_s IS NOT NULL")
_RUNNING: Final = text("state = 'RUNNING'")
_WAITING: Final = text("state = 'WAITING'")


class JobRow(Base):
    """A job: what is done with its photos, and how many of its items are in which state.

    Whoever writes here or to the job's items holds the tenant's `JobShare` first; so the counts are always right.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        UniqueConstraint("tenant", "key"),
        Index(
            "ix_jobs_ready", "tenant", "priority", "created_s", "id",
            sqlite_where=READY_JOBS, postgresql_where=READY_JOBS,
        ),
        Index("ix_jobs_tenant_state_created_s_id", "tenant", "state", "created_s", "id"),
        Index("ix_jobs_tenant_created_s_id", "tenant", "created_s", "id"),
        Index("ix_jobs_expires_s", "expires_s"),
        Index("ix_jobs_unswept", "ended_s", sqlite_where=UNSWEPT_JOBS, postgresql_where=UNSWEPT_JOBS),
    )  # fmt: skip

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(63))
    name: Mapped[str] = mapped_column(String(200))
    #: The caller's idempotency key; NULL where it gave none.
    key: Mapped[str | None] = mapped_column(String(200))
    #: SHA-256 of what was asked for under that key.
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    state: Mapped[str] = mapped_column(String(12))
    #: Whether items may still be added.
    open: Mapped[bool]
    #: Whether all of it is there: not before its creation is over, and not while it is being removed.
    complete: Mapped[bool] = mapped_column(default=True)
    #: "shot", "cutout" or "lint", and the request as JSON, without its photo.
    method: Mapped[str] = mapped_column(String(8))
    recipe: Mapped[str] = mapped_column(Text)
    priority: Mapped[int]
    max_attempts: Mapped[int]
    created_s: Mapped[float]
    ended_s: Mapped[float | None]
    expires_s: Mapped[float]
    #: Grows with every change of the job or of an item of it.
    version: Mapped[int] = mapped_column(BigInteger)
    total: Mapped[int]
    queued: Mapped[int]
    waiting: Mapped[int]
    running: Mapped[int]
    succeeded: Mapped[int]
    failed: Mapped[int]
    cancelled: Mapped[int]
    compute_s: Mapped[float]
    megapixels: Mapped[float]
    #: Whether files that no item's result names have been removed since it ended.
    swept: Mapped[bool]


class JobItemRow(Base):
    """A photo of a job, who works on it, and what became of it."""

    __tablename__ = "job_items"
    __table_args__ = (
        UniqueConstraint("job_id", "key"),
        Index("ix_job_items_job_id_state_number", "job_id", "state", "number"),
        Index("ix_job_items_job_id_version", "job_id", "version"),
        Index("ix_job_items_lease_until_s", "lease_until_s", sqlite_where=_RUNNING, postgresql_where=_RUNNING),
        Index("ix_job_items_retry_at_s", "retry_at_s", sqlite_where=_WAITING, postgresql_where=_WAITING),
    )

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    #: Counted from 0.
    number: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200))
    #: Where the photo is, `ImageSource` as JSON without bytes.
    image: Mapped[str] = mapped_column(Text)
    #: What differs from the job's recipe, as JSON; NULL where nothing does.
    overrides: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(12))
    version: Mapped[int] = mapped_column(BigInteger)
    attempts: Mapped[int]
    #: Grows with every claim: whoever holds an older one can't end the item any more.
    fence: Mapped[int]
    owner: Mapped[str | None] = mapped_column(String(32))
    lease_until_s: Mapped[float | None]
    retry_at_s: Mapped[float | None]
    began_s: Mapped[float | None]
    ended_s: Mapped[float | None]
    #: Whether its worker is to stop.
    stop: Mapped[bool]
    #: The quota period that a running item is counted in, and the virtual seconds that its tenant was charged for it.
    period_s: Mapped[float]
    charged_s: Mapped[float]
    #: The answer as JSON, its blobs without address.
    result: Mapped[str | None] = mapped_column(Text)
    error_code: Mapped[str | None] = mapped_column(String(40))
    error: Mapped[str | None] = mapped_column(Text)


class JobShare(Base):
    """A tenant's turn among all tenants, and the lock of all its jobs."""

    __tablename__ = "job_shares"
    __table_args__ = (Index("ix_job_shares_ready_virtual_s", "ready", "virtual_s"),)

    tenant: Mapped[str] = mapped_column(String(63), primary_key=True)
    #: Whether an item of it may begin; false only where surely none can.
    ready: Mapped[bool] = mapped_column(default=False)
    #: Seconds of work by its weight; whoever has the least goes first.
    virtual_s: Mapped[float]
    #: How many of them were charged beforehand for items that are at work.
    charged_s: Mapped[float] = mapped_column(default=0.0)
    running: Mapped[int]
    #: How long one of its items takes, learned; 0: none has ended yet.
    item_s: Mapped[float]
    #: Nothing of it begins before this, as its quota is used up; 0: nothing is in the way.
    held_until_s: Mapped[float]

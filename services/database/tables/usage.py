"""What was done for tenants: a row for each answered call that made a picture, and each attempt at an item of jobs."""

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from services.database.base import Base


class UsageRow(Base):
    """One call's work, or one attempt's, of which those that failed have no `items`. Rows are only ever added; `day` is
    the days from 1970-01-01 to `at_s`, UTC."""

    __tablename__ = "usage"
    __table_args__ = (Index("ix_usage_tenant_day", "tenant", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    tenant: Mapped[str] = mapped_column(String(63))
    day: Mapped[int]
    at_s: Mapped[float]
    request_id: Mapped[str] = mapped_column(String(64))
    method: Mapped[str] = mapped_column(String(40))
    items: Mapped[int]
    megapixels: Mapped[float]
    bytes_in: Mapped[int] = mapped_column(BigInteger)
    bytes_out: Mapped[int] = mapped_column(BigInteger)
    #: Seconds that each stage worked.
    decode_s: Mapped[float]
    segment_s: Mapped[float]
    layout_s: Mapped[float]
    generate_s: Mapped[float]
    postprocess_s: Mapped[float]

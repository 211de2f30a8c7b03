"""Tenants, their keys, and what they have used up of their limits."""

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from services.database.base import Base


class Tenant(Base):
    """Whom calls are made for, and the limits that hold for it; a limit that is NULL is the service's."""

    __tablename__ = "tenants"

    name: Mapped[str] = mapped_column(String(63), primary_key=True)
    created_s: Mapped[float]
    rate_per_s: Mapped[float | None]
    burst: Mapped[int | None]
    quota_items: Mapped[int | None]
    quota_megapixels: Mapped[float | None]
    content_policy: Mapped[bool | None]
    job_weight: Mapped[float | None]
    job_running: Mapped[int | None]


class ApiKeyRow(Base):
    """A key, by the part of it that is no secret; of the secret only its digest is kept."""

    __tablename__ = "api_keys"

    key_id: Mapped[str] = mapped_column(String(12), primary_key=True)
    tenant: Mapped[str] = mapped_column(ForeignKey("tenants.name", ondelete="CASCADE"), index=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    label: Mapped[str] = mapped_column(String(100))
    scopes: Mapped[str] = mapped_column(String(100))
    created_s: Mapped[float]
    expires_s: Mapped[float | None]
    revoked_s: Mapped[float | None]


class RateBucket(Base):
    """A tenant's token bucket: how full it was, and when."""

    __tablename__ = "rate_buckets"

    tenant: Mapped[str] = mapped_column(String(63), primary_key=True)
    tokens: Mapped[float]
    at_s: Mapped[float]


class QuotaPeriod(Base):
    """What a tenant used of its quota in one period, work in progress included."""

    __tablename__ = "quota_periods"

    tenant: Mapped[str] = mapped_column(String(63), primary_key=True)
    began_s: Mapped[float] = mapped_column(primary_key=True)
    items: Mapped[int]
    megapixels: Mapped[float]

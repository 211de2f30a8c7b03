"""Addresses that are told of events, and what they were or will be told."""

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.database.base import Base


class WebhookRow(Base):
    """An address. Secrets stand here readable, as messages are signed with them."""

    __tablename__ = "webhooks"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(63), index=True)
    url: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(String(200))
    #: Their names, with commas between them.
    events: Mapped[str] = mapped_column(String(200))
    enabled: Mapped[bool]
    created_s: Mapped[float]
    secret: Mapped[str] = mapped_column(String(100))
    #: The secret before, which signs as well until `old_until_s`.
    old_secret: Mapped[str | None] = mapped_column(String(100))
    old_until_s: Mapped[float | None]
    #: Since when no delivery has reached it; NULL: the last one did.
    failing_since_s: Mapped[float | None]


class DeliveryRow(Base):
    """A message to an address, written in the transaction that made the event true."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        Index("ix_webhook_deliveries_webhook_id_state_next_s", "webhook_id", "state", "next_s"),
        Index("ix_webhook_deliveries_tenant_created_s_id", "tenant", "created_s", "id"),
        Index("ix_webhook_deliveries_created_s", "created_s"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    webhook_id: Mapped[str] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"))
    tenant: Mapped[str] = mapped_column(String(63))
    event: Mapped[str] = mapped_column(String(40))
    payload: Mapped[str] = mapped_column(Text)
    created_s: Mapped[float]
    state: Mapped[str] = mapped_column(String(12))
    #: Since it was made, or asked for again.
    attempts: Mapped[int]
    #: When it is tried next; while it is being sent, when whoever does that is believed to be dead.
    next_s: Mapped[float]
    #: The claim under which it is being sent.
    owner: Mapped[str | None] = mapped_column(String(32))
    ended_s: Mapped[float | None]


class DeliveryAttemptRow(Base):
    """One try to deliver a message."""

    __tablename__ = "webhook_attempts"

    delivery_id: Mapped[str] = mapped_column(ForeignKey("webhook_deliveries.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    began_s: Mapped[float]
    took_s: Mapped[float]
    #: HTTP's; 0: there was no answer.
    status: Mapped[int]
    error: Mapped[str] = mapped_column(String(200))

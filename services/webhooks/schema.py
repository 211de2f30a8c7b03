"""What passes between the parts of the webhooks: a letter to be sent, and what became of it."""

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True)
class Letter:
    """A message that a courier has claimed.

    Args:
        delivery_id: The message's id, the same in every attempt.
        claim: Under which it was claimed; nobody else can have it while that holds.
        webhook_id, tenant: Whom it is for.
        url: Where to. Its path and query may be a secret.
        payload: The body.
        secrets: That sign it.
    """

    delivery_id: str
    claim: str
    webhook_id: str
    tenant: str
    url: str = field(repr=False)
    payload: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True)
class Receipt:
    """What became of one attempt.

    Args:
        letter: Which was sent.
        began_s: Unix time.
        took_s: Seconds.
        status: HTTP's; 0: there was no answer.
        error: Why it was not taken; empty: it was.
        wait_s: How long the address wants to be left alone, in seconds; 0: it does not say.
    """

    letter: Letter
    began_s: float
    took_s: float
    status: int = 0
    error: str = ""
    wait_s: float = 0.0

    @property
    def gone(self) -> bool:
        """The address says that it wants no more messages."""
        return self.status == 410


class Fate(StrEnum):
    """What an attempt led to."""

    DELIVERED = "delivered"
    RETRIED = "retried"
    FAILED = "failed"


@dataclass(frozen=True)
class Noted:
    """A receipt that was written down.

    Args:
        receipt: Which.
        fate: What it led to.
        age_s: From the event to now, in seconds; None for what was asked for again.
        disabled: Whether its webhook was disabled by it.
    """

    receipt: Receipt
    fate: Fate
    age_s: float | None
    disabled: bool

"""Calls that make pictures, each made once: by key, with a lease, and an answer that is kept."""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from services.common.errors import Conflict
from services.database.rows import locked_row
from services.database.tables import Creation


@dataclass(frozen=True)
class Claim:
    """One attempt at one call.

    Args:
        tenant: Whose call.
        key: The caller's idempotency key; the attempt's own name where it has none, which nobody repeats.
        digest: SHA-256 of what is asked for.
        owner: The attempt's name. An attempt whose lease ended can't finish what another took over.
    """

    tenant: str
    key: str
    digest: bytes
    owner: str = field(default_factory=lambda: uuid.uuid4().hex)

    @classmethod
    def of(cls, tenant: str, key: str, digest: bytes) -> "Claim":
        """A new attempt."""
        owner = uuid.uuid4().hex
        return cls(tenant, key or owner, digest, owner)

    @property
    def is_repeatable(self) -> bool:
        """Whether the caller gave a key, so that the answer has to be kept."""
        return self.key != self.owner


@dataclass(frozen=True)
class Done:
    """The call was answered before."""

    answer: bytes


@dataclass(frozen=True)
class AtWork:
    """Another attempt is at it."""


@dataclass(frozen=True)
class Ours:
    """The attempt is to do the work.

    Args:
        given_up_s: The quota period of an attempt before it that was given up, if there was one.
    """

    given_up_s: float | None = None


class Claims:
    """Keeps calls apart. Every method takes part in the session's transaction.

    Args:
        lease_s: How long an attempt that does not renew its lease is taken to be alive.
        kept_s: How long answers are kept.
        now: Unix time in seconds.
    """

    def __init__(self, lease_s: float, kept_s: float, now: Callable[[], float] = time.time) -> None:
        self._lease_s = lease_s
        self._kept_s = kept_s
        self._now = now

    def begin(self, session: Session, claim: Claim) -> Ours | AtWork | Done:
        """See whether the attempt is the first, and make it the one that works then.

        Raises:
            Conflict: The key was used for something else.
        """
        now_s = self._now()
        first = self._fields(claim, now_s)
        row = locked_row(session, Creation, {"tenant": claim.tenant, "key": claim.key}, first)
        if row.owner == claim.owner:
            return Ours()
        if row.answer is not None and row.expires_s <= now_s:
            self._take(row, first)
            return Ours()
        if row.digest != claim.digest:
            raise Conflict(
                "the idempotency key was used for another request; take a new key for a new request",
                field="idempotency-key",
            )
        if row.answer is not None:
            return Done(row.answer)
        if row.lease_until_s > now_s:
            return AtWork()
        given_up_s = row.period_s
        self._take(row, first)
        return Ours(given_up_s)

    def counted(self, session: Session, claim: Claim, period_s: float) -> None:
        """Note in which quota period the attempt was counted, so that it can be given back if the attempt dies."""
        session.get_one(Creation, (claim.tenant, claim.key)).period_s = period_s

    def period_of(self, session: Session, claim: Claim) -> float | None:
        """In which quota period the attempt was counted; None where it is not at work any more."""
        working = select(Creation).where(*_owned(claim), Creation.answer.is_(None)).with_for_update()
        row = session.scalar(working)
        return row.period_s if row else None

    def renew(self, session: Session, claim: Claim) -> bool:
        """Lengthen the lease; False where another attempt has taken over."""
        lease = update(Creation).where(*_owned(claim)).values(lease_until_s=self._now() + self._lease_s)
        return _touched(session.execute(lease))

    def finish(self, session: Session, claim: Claim, answer: bytes) -> bool:
        """Keep the answer, if the caller may ask again; False where another attempt has taken over."""
        if not claim.is_repeatable:
            return self.give_up(session, claim)
        done = update(Creation).where(*_owned(claim)).values(answer=answer, expires_s=self._now() + self._kept_s)
        return _touched(session.execute(done))

    def give_up(self, session: Session, claim: Claim) -> bool:
        """Forget the attempt, so that the next one works; False where it has finished or another has taken over."""
        unfinished = delete(Creation).where(*_owned(claim), Creation.answer.is_(None))
        return _touched(session.execute(unfinished))

    def any_at_work(self, session: Session) -> bool:
        """Whether any call is at work, of any tenant; cheap enough to be asked often."""
        working = select(Creation.key).where(Creation.answer.is_(None), Creation.lease_until_s > self._now())
        return session.scalar(working.limit(1)) is not None

    def sweep(self, session: Session) -> list[tuple[str, float]]:
        """Forget answers that expired, and attempts that died and were not repeated.

        Returns:
            Tenant and quota period of each attempt that died.
        """
        over = select(Creation).where(Creation.expires_s <= self._now(), Creation.lease_until_s <= self._now())
        rows = session.scalars(over.with_for_update(skip_locked=True)).all()
        for row in rows:
            session.delete(row)
        # In one order, so that two gateways which sweep at once don't wait for each other.
        return sorted((row.tenant, row.period_s) for row in rows if row.answer is None and row.period_s)

    def _fields(self, claim: Claim, now_s: float) -> dict[str, object]:
        """A call that begins. One that is not finished expires some time after its lease, when nobody repeats it."""
        return {
            "digest": claim.digest, "owner": claim.owner, "lease_until_s": now_s + self._lease_s, "period_s": 0.0,
            "expires_s": now_s + min(self._kept_s, 60 * self._lease_s), "answer": None,
        }  # fmt: skip

    @staticmethod
    def _take(row: Creation, fields: dict[str, object]) -> None:
        for name, value in fields.items():
            setattr(row, name, value)


def _owned(claim: Claim) -> tuple[ColumnElement[bool], ...]:
    return (Creation.tenant == claim.tenant, Creation.key == claim.key, Creation.owner == claim.owner)


def _touched(result: object) -> bool:
    return isinstance(result, CursorResult) and result.rowcount > 0

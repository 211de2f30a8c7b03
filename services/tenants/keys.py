"""API keys: created, listed, rotated, revoked, found."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.common.errors import NotFound
from services.database.tables import ApiKeyRow, Tenant
from services.tenants.accounts import Accounts
from services.tenants.caller import Limits, Scope
from services.tenants.secret import ApiKey

DAY_S: Final = 86_400


@dataclass(frozen=True)
class KnownKey:
    """A key as the database knows it: everything but its secret.

    Args:
        digest: SHA-256 of its text.
        ends_s: Unix time when it stops working, by expiry or revocation; None: it does not.
    """

    key_id: str
    tenant: str
    digest: bytes
    label: str
    scopes: frozenset[Scope]
    created_s: float
    ends_s: float | None
    limits: Limits


class Keys:
    """Keeps API keys. Every call takes part in the session's transaction.

    Args:
        accounts: Whose keys they are.
        now: Unix time in seconds.
    """

    def __init__(self, accounts: Accounts, now: Callable[[], float] = time.time) -> None:
        self._accounts = accounts
        self._now = now

    def create(
        self,
        session: Session,
        tenant: str,
        scopes: Iterable[Scope] = tuple(Scope),
        days: float | None = None,
        label: str = "",
    ) -> ApiKey:
        """A new key of a tenant, who is made if there is none of that name. Its text can't be had again.

        Args:
            session: In a transaction that may write.
            tenant: Whose key.
            scopes: What it may be used for.
            days: Until it expires; None: never.
            label: What the operator knows it by.

        Raises:
            InvalidInput: The tenant's name is malformed.
        """
        key, now = ApiKey.draw(), self._now()
        self._accounts.ensure(session, tenant)
        row = ApiKeyRow(
            key_id=key.key_id, tenant=tenant, digest=key.digest, label=label[:100], scopes=" ".join(sorted(scopes)),
            created_s=now, expires_s=None if days is None else now + days * DAY_S,
        )  # fmt: skip
        session.add(row)
        session.flush()
        return key

    def all(self, session: Session, tenant: str = "") -> list[KnownKey]:
        """Every key, or a tenant's, the oldest first."""
        chosen = select(ApiKeyRow, Tenant).join(Tenant).order_by(ApiKeyRow.created_s)
        if tenant:
            chosen = chosen.where(ApiKeyRow.tenant == tenant)
        return [self._known(row, owner) for row, owner in session.execute(chosen)]

    def find(self, session: Session, key_id: str) -> KnownKey | None:
        """The key of that id."""
        row = session.get(ApiKeyRow, key_id)
        return self._known(row, session.get_one(Tenant, row.tenant)) if row else None

    def revoke(self, session: Session, key_id: str) -> None:
        """End a key now; where it ended before, nothing changes. Gateways notice when their memory of it is over.

        Raises:
            NotFound: There is no such key.
        """
        row = self._row(session, key_id)
        row.revoked_s = row.revoked_s or self._now()

    def rotate(self, session: Session, key_id: str, overlap_days: float = 1.0) -> ApiKey:
        """A new key like an old one, which works on for a while beside it.

        Raises:
            NotFound: There is no such key, or it works no longer.
        """
        row, now = self._row(session, key_id), self._now()
        ends = _ends(row)
        if ends is not None and ends <= now:
            raise NotFound(f"the key {row.key_id} works no longer; create a new one", field="key")
        scopes = [Scope(scope) for scope in row.scopes.split()]
        days = None if row.expires_s is None else (row.expires_s - row.created_s) / DAY_S
        fresh = self.create(session, row.tenant, scopes, days, row.label)
        row.expires_s = min(now + overlap_days * DAY_S, row.expires_s or float("inf"))
        return fresh

    def _row(self, session: Session, key_id: str) -> ApiKeyRow:
        row = session.get(ApiKeyRow, key_id)
        if row is None:
            raise NotFound("there is no key of that id; 'vitrine keys list' tells them", field="key")
        return row

    def _known(self, row: ApiKeyRow, owner: Tenant) -> KnownKey:
        return KnownKey(
            row.key_id, row.tenant, row.digest, row.label, frozenset(map(Scope, row.scopes.split())), row.created_s,
            _ends(row), self._accounts.limits(owner),
        )  # fmt: skip


def _ends(row: ApiKeyRow) -> float | None:
    return min((each for each in (row.expires_s, row.revoked_s) if each is not None), default=None)

"""Webhooks: made, changed, removed, and their secrets."""

import secrets
import time
from collections.abc import Callable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.common.errors import Conflict, InvalidInput, NotFound
from services.common.job_settings import WebhookSettings
from services.database.tables import WebhookRow
from services.tenants.accounts import Accounts
from services.webhooks.address import Addresses
from services.webhooks.events import chosen
from services.webhooks.secret import draw_secret

#: How long the old secret signs beside a new one where nothing is said.
DEFAULT_OVERLAP_S = 86_400.0


class Endpoints:
    """Keeps webhooks. Every call takes part in the session's transaction.

    Args:
        settings: Where to, and how many.
        accounts: Whose they are; a tenant's row is the lock of its webhooks' number and addresses.
        now: Unix time in seconds.
    """

    def __init__(self, settings: WebhookSettings, accounts: Accounts, now: Callable[[], float] = time.time) -> None:
        self._addresses = Addresses(settings.trusted_hosts)
        self._most = settings.max_per_tenant
        self._accounts = accounts
        self._now = now

    def create(
        self, session: Session, tenant: str, url: str, events: Sequence[str], description: str = ""
    ) -> WebhookRow:
        """A new webhook, with a secret.

        Raises:
            InvalidInput: The address leads to where nothing is sent, an event is not known, or the tenant has as many
                webhooks as it may.
            Conflict: The tenant has a webhook with that address; tells which.
        """
        self._addresses.target(url)
        choice = chosen(events)
        self._accounts.ensure(session, tenant)
        own = self.all(session, tenant)
        _check_new(url, own)
        if len(own) >= self._most:
            raise InvalidInput(f"a tenant may have {self._most} webhooks, and has them", limit=self._most)
        row = WebhookRow(
            id=f"wh_{secrets.token_hex(12)}", tenant=tenant, url=url, description=description, events=choice,
            enabled=True, created_s=self._now(), secret=draw_secret(),
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row

    def all(self, session: Session, tenant: str) -> list[WebhookRow]:
        """A tenant's webhooks, the oldest first."""
        own = select(WebhookRow).where(WebhookRow.tenant == tenant)
        return list(session.scalars(own.order_by(WebhookRow.created_s, WebhookRow.id)))

    def one(self, session: Session, tenant: str, webhook_id: str) -> WebhookRow:
        """A tenant's webhook, which nobody else changes until the transaction ends.

        Raises:
            NotFound: It has no such webhook; the same, whether somebody else has one or nobody.
        """
        own = select(WebhookRow).where(WebhookRow.id == webhook_id, WebhookRow.tenant == tenant)
        # Not against its key, which new messages of running jobs refer to.
        row = session.scalar(own.with_for_update(key_share=True))
        if row is None:
            raise NotFound("there is no such webhook", field="webhook_id")
        return row

    def change(
        self,
        session: Session,
        tenant: str,
        webhook_id: str,
        *,
        url: str = "",
        events: Sequence[str] = (),
        description: str | None = None,
        enabled: bool | None = None,
    ) -> WebhookRow:
        """Change what is given. Enabled anew, or with another address, it has not failed yet.

        Raises:
            NotFound, InvalidInput, Conflict: As `one` and `create`.
        """
        if url:
            self._addresses.target(url)
            self._accounts.ensure(session, tenant)
        row = self.one(session, tenant, webhook_id)
        if url and url != row.url:
            _check_new(url, self.all(session, tenant))
            row.url, row.failing_since_s = url, None
        if events:
            row.events = chosen(events)
        if description is not None:
            row.description = description
        if enabled is not None and enabled != row.enabled:
            row.enabled, row.failing_since_s = enabled, None
        return row

    def remove(self, session: Session, tenant: str, webhook_id: str) -> None:
        """Remove a webhook with all that was or will be sent to it.

        Raises:
            NotFound: See `one`.
        """
        session.delete(self.one(session, tenant, webhook_id))

    def rotate(self, session: Session, tenant: str, webhook_id: str, overlap_s: float | None = None) -> WebhookRow:
        """Give a webhook a new secret. The one before signs as well for a while; an older one no longer.

        Raises:
            NotFound: See `one`.
        """
        row, overlap_s = self.one(session, tenant, webhook_id), DEFAULT_OVERLAP_S if overlap_s is None else overlap_s
        row.old_secret, row.old_until_s = (row.secret, self._now() + overlap_s) if overlap_s else (None, None)
        row.secret = draw_secret()
        return row


def _check_new(url: str, own: Sequence[WebhookRow]) -> None:
    # Two would be told of everything twice, and a repeated call that made one would make them.
    for each in own:
        if each.url == url:
            raise Conflict("there is a webhook with that url; change it instead", field="url", webhook_id=each.id)

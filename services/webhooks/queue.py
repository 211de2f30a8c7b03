"""Messages on their way: claimed by lease, written down with what became of them, and removed when they are old."""

import random
import time
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from services.api.webhooks import DeliveryState
from services.common.job_settings import WebhookSettings
from services.database.tables import DeliveryAttemptRow, DeliveryRow, WebhookRow
from services.webhooks.events import Event
from services.webhooks.schedule import pause_s
from services.webhooks.schema import Fate, Letter, Noted, Receipt

DAY_S: Final = 86_400.0
#: A webhook that nothing has reached for so long is disabled.
GIVEN_UP_S: Final = 5 * DAY_S
#: Webhooks looked at per claim, those whose message waits longest first.
_MOST_WEBHOOKS: Final = 500
_MOST_ERROR_CHARS: Final = 200


class DeliveryQueue:
    """Hands messages out to couriers, each to one at a time. Every call takes part in the session's transaction.

    No address holds up another's messages: a webhook gets a quarter of a courier's places at most, and one while it
    fails; all webhooks of a tenant together get half of them; and whose tenant has least under way goes first.

    Args:
        settings: How many at once, and how long it may take.
        now: Unix time in seconds.
        chance: Draws pauses.
    """

    def __init__(
        self,
        settings: WebhookSettings,
        now: Callable[[], float] = time.time,
        chance: random.Random | None = None,
    ) -> None:
        self._lease_s = 2 * settings.timeout_s + 10
        self._per_webhook = max(1, settings.at_once // 4)
        self._per_tenant = max(1, settings.at_once // 2)
        self._keep_s = settings.keep_days * DAY_S
        self._now = now
        self._chance = chance or random.Random()  # noqa: S311 - no secret

    def claim(self, session: Session, places: int, under_way: Collection[Letter] = ()) -> list[Letter]:
        """Take messages whose time has come; nobody else gets them before the lease is over.

        Args:
            session: In a transaction that may write.
            places: How many at most.
            under_way: What the same courier is sending already.
        """
        by_webhook = Counter(each.webhook_id for each in under_way)
        by_tenant = Counter(each.tenant for each in under_way)
        letters: list[Letter] = []
        # Who has least under way goes first; else long queues, which hold the oldest messages, would have every place.
        for webhook in sorted(self._waiting(session), key=lambda each: (by_tenant[each.tenant], by_webhook[each.id])):
            most = 1 if webhook.failing_since_s is not None else self._per_webhook
            room = min(
                places - len(letters),
                most - by_webhook[webhook.id],
                self._per_tenant - by_tenant[webhook.tenant],
            )
            if room > 0:
                taken = self._take(session, webhook, room)
                by_tenant[webhook.tenant] += len(taken)
                letters += taken
            if len(letters) >= places:
                break
        return letters

    def _waiting(self, session: Session) -> Sequence[WebhookRow]:
        """Webhooks with messages whose time has come."""
        first = select(func.min(DeliveryRow.next_s)).where(
            DeliveryRow.webhook_id == WebhookRow.id, DeliveryRow.state == DeliveryState.PENDING
        )
        due_s = first.scalar_subquery()
        waiting = select(WebhookRow).where(WebhookRow.enabled, due_s <= self._now())
        return session.scalars(waiting.order_by(due_s).limit(_MOST_WEBHOOKS)).all()

    def _take(self, session: Session, webhook: WebhookRow, most: int) -> list[Letter]:
        now_s = self._now()
        due = select(DeliveryRow).where(
            DeliveryRow.webhook_id == webhook.id,
            DeliveryRow.state == DeliveryState.PENDING,
            DeliveryRow.next_s <= now_s,
        )
        # SQLite knows no row locks and needs none: a transaction that may write is alone there.
        rows = session.scalars(due.order_by(DeliveryRow.next_s).limit(most).with_for_update(skip_locked=True)).all()
        secrets = [webhook.secret]
        if webhook.old_secret is not None and (webhook.old_until_s or 0.0) > now_s:
            secrets.append(webhook.old_secret)
        letters = []
        for row in rows:
            row.owner, row.next_s = uuid.uuid4().hex, now_s + self._lease_s
            letters.append(
                Letter(row.id, row.owner, webhook.id, webhook.tenant, webhook.url, row.payload, tuple(secrets))
            )
        return letters

    def finish(self, session: Session, receipts: Sequence[Receipt]) -> list[Noted]:
        """Write down what became of attempts. One whose claim is another's by now, or whose message is gone, counts for
        nothing; it was sent twice, as "at least once" allows.

        Args:
            session: In a transaction that may write.
            receipts: At most one of each message.
        """
        if not receipts:
            return []
        # Webhooks before messages, and by id, as whoever removes a webhook locks them in that order.
        chosen = select(WebhookRow).where(WebhookRow.id.in_({each.letter.webhook_id for each in receipts}))
        locked = (
            chosen.order_by(WebhookRow.id).with_for_update(key_share=True).execution_options(populate_existing=True)
        )
        webhooks = {row.id: row for row in session.scalars(locked)}
        ids = [each.letter.delivery_id for each in receipts]
        found = select(DeliveryRow).where(DeliveryRow.id.in_(ids)).with_for_update()
        rows = {row.id: row for row in session.scalars(found.execution_options(populate_existing=True))}
        numbers = self._attempts_so_far(session, ids)
        noted = []
        for receipt in receipts:
            row = rows.get(receipt.letter.delivery_id)
            if row is None or row.owner != receipt.letter.claim:
                continue
            number = numbers.get(row.id, 0) + 1
            session.add(
                DeliveryAttemptRow(
                    delivery_id=row.id, number=number, began_s=receipt.began_s, took_s=receipt.took_s,
                    status=receipt.status, error=receipt.error[:_MOST_ERROR_CHARS],
                )
            )  # fmt: skip
            noted.append(self._noted(row, webhooks[row.webhook_id], receipt, number))
        return noted

    def _noted(self, row: DeliveryRow, webhook: WebhookRow, receipt: Receipt, number: int) -> Noted:
        now_s, was_enabled = self._now(), webhook.enabled
        row.attempts, row.owner = row.attempts + 1, None
        fate = self._fate(row, receipt)
        webhook.failing_since_s = None if fate is Fate.DELIVERED else webhook.failing_since_s or receipt.began_s
        failing_s = 0.0 if webhook.failing_since_s is None else now_s - webhook.failing_since_s
        if receipt.gone or failing_s >= GIVEN_UP_S:
            webhook.enabled = False
        age_s = now_s - row.created_s if number == row.attempts else None
        return Noted(receipt, fate, age_s, was_enabled and not webhook.enabled)

    def _fate(self, row: DeliveryRow, receipt: Receipt) -> Fate:
        """What an attempt leads to, written into its message's row."""
        wait_s = pause_s(row.attempts, receipt.wait_s, self._chance)
        if receipt.error and wait_s is not None and not receipt.gone and row.event != Event.PING:
            row.next_s = self._now() + wait_s
            return Fate.RETRIED
        row.state = DeliveryState.FAILED if receipt.error else DeliveryState.DELIVERED
        row.ended_s = self._now()
        return Fate.FAILED if receipt.error else Fate.DELIVERED

    def _attempts_so_far(self, session: Session, ids: Sequence[str]) -> dict[str, int]:
        last = select(DeliveryAttemptRow.delivery_id, func.max(DeliveryAttemptRow.number))
        counted = last.where(DeliveryAttemptRow.delivery_id.in_(ids)).group_by(DeliveryAttemptRow.delivery_id)
        return dict(iter(session.execute(counted)))

    def sweep(self, session: Session, most: int = 1000) -> int:
        """Remove messages that are older than they are kept, and secrets that sign no longer.

        Returns:
            How many messages were removed; call again while it is `most`.
        """
        now_s = self._now()
        over = update(WebhookRow).where(WebhookRow.old_until_s <= now_s)
        session.execute(over.values(old_secret=None, old_until_s=None))
        old = select(DeliveryRow.id).where(DeliveryRow.created_s < now_s - self._keep_s)
        ids = session.scalars(old.limit(most).with_for_update(skip_locked=True)).all()
        session.execute(delete(DeliveryRow).where(DeliveryRow.id.in_(ids)))
        return len(ids)

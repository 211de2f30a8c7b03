"""Messages, written in the transaction that makes true what they tell: there is no event without its message, and no
message without its event (https://microservices.io/patterns/data/transactional-outbox.html)."""

import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from services.api.jobs import JobState
from services.api.webhooks import DeliveryState
from services.database.tables import DeliveryRow, JobItemRow, JobRow, WebhookRow
from services.jobs.states import ItemState
from services.jobs.told import item_told, job_told
from services.webhooks.events import Event, payload

_ITEMS = {ItemState.SUCCEEDED: Event.ITEM_SUCCEEDED, ItemState.FAILED: Event.ITEM_FAILED}


class Outbox:
    """Writes messages for the webhooks that want them; see `services.jobs.moves.Announcer`.

    Args:
        now: Unix time in seconds.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now

    def job_ended(self, session: Session, job: JobRow) -> None:
        """A job is done, or cancelled and at rest."""
        event = Event.JOB_DONE if job.state == JobState.DONE else Event.JOB_CANCELLED
        if hooks := _wanting(session, job.tenant, {event}, held=True):
            self.write(session, hooks, event, payload(event, self._now(), job=job_told(job)))

    def items_ended(self, session: Session, job: JobRow, items: Sequence[JobItemRow]) -> None:
        """Items succeeded or failed."""
        hooks = _wanting(session, job.tenant, set(_ITEMS.values()), held=True)
        for item in items:
            event = _ITEMS.get(ItemState(item.state))
            wanting = [each for each in hooks if event in each.events.split(",")]
            if event and wanting:
                text = payload(event, self._now(), job_id=job.id, item=item_told(item, job.method))
                self.write(session, wanting, event, text)

    def wants_items(self, session: Session, tenant: str) -> bool:
        """Whether a webhook of the tenant wants to hear of items."""
        return bool(_wanting(session, tenant, set(_ITEMS.values())))

    def ping(self, session: Session, webhook: WebhookRow) -> str:
        """Write a ping to a webhook, or find the one that waits already.

        Returns:
            Its delivery's id.
        """
        waiting = select(DeliveryRow.id).where(
            DeliveryRow.webhook_id == webhook.id,
            DeliveryRow.state == DeliveryState.PENDING,
            DeliveryRow.event == Event.PING,
        )
        found = session.scalar(waiting.limit(1))
        return found or self.write(
            session, [webhook], Event.PING, payload(Event.PING, self._now(), webhook_id=webhook.id)
        )

    def write(self, session: Session, hooks: Sequence[WebhookRow], event: Event, text: str) -> str:
        """Write a message to each of some webhooks.

        Args:
            session: In the transaction that makes it true.
            hooks: At least one.
            event: What happened.
            text: See `payload`.

        Returns:
            The first one's delivery's id.
        """
        now_s = self._now()
        rows: list[dict[str, Any]] = [
            {
                "id": f"msg_{uuid.uuid4().hex}", "webhook_id": each.id, "tenant": each.tenant, "event": event.value,
                "payload": text, "created_s": now_s, "state": DeliveryState.PENDING.value, "attempts": 0,
                "next_s": now_s,
            }
            for each in hooks
        ]  # fmt: skip
        session.execute(insert(DeliveryRow), rows)
        return str(rows[0]["id"])


def _wanting(session: Session, tenant: str, events: set[Event], *, held: bool = False) -> list[WebhookRow]:
    """A tenant's webhooks that want to hear of any of the events; `held`: which nobody removes until the transaction
    ends, as their messages would then refer to nothing, and the event itself would fail."""
    every = select(WebhookRow).where(WebhookRow.tenant == tenant, WebhookRow.enabled).order_by(WebhookRow.id)
    found = session.scalars(every.with_for_update(read=True, key_share=True) if held else every)
    return [each for each in found if not events.isdisjoint(each.events.split(","))]

"""Webhooks and their deliveries as callers are told of them. No secret is."""

from collections.abc import Sequence

from services.api.webhooks import DeliveryAttempt, DeliveryState, Webhook, WebhookDelivery
from services.database.tables import DeliveryAttemptRow, DeliveryRow, WebhookRow
from services.jobs.told import time_told


def webhook_told(row: WebhookRow, now_s: float) -> Webhook:
    """A webhook.

    Args:
        row: Its own.
        now_s: Unix time.
    """
    overlaps = row.old_secret is not None and (row.old_until_s or 0.0) > now_s
    return Webhook(
        webhook_id=row.id, url=row.url, description=row.description, events=row.events.split(","), enabled=row.enabled,
        create_time=time_told(row.created_s), failing_since=time_told(row.failing_since_s),
        old_secret_expire_time=time_told(row.old_until_s if overlaps else None),
    )  # fmt: skip


def delivery_told(row: DeliveryRow, attempts: Sequence[DeliveryAttemptRow]) -> WebhookDelivery:
    """A delivery.

    Args:
        row: Its own.
        attempts: All of it.
    """
    waits = row.state == DeliveryState.PENDING and row.owner is None
    return WebhookDelivery(
        delivery_id=row.id, webhook_id=row.webhook_id, event=row.event, state=DeliveryState(row.state),
        create_time=time_told(row.created_s), next_time=time_told(row.next_s if waits else None),
        attempts=[
            DeliveryAttempt(
                start_time=time_told(each.began_s), duration=each.took_s, status=each.status, error=each.error
            )
            for each in attempts
        ],
        payload=row.payload,
    )  # fmt: skip

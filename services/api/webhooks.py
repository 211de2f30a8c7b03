"""WebhookService's messages, field for field as in `protos/vitrine/v1/webhooks.proto`."""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from services.api.common import Count32, Duration, Message, Text, ZeroIsAbsent

MAX_EVENTS: Final = 10
MAX_URL_CHARS: Final = 2048
MAX_DESCRIPTION_CHARS: Final = 200
MAX_OVERLAP_S: Final = 7 * 86_400


class Webhook(Message):
    webhook_id: str = ""
    url: str = ""
    description: str = ""
    events: list[str] = []
    enabled: bool = False
    create_time: str = Field("", description="RFC 3339.")
    failing_since: str = Field("", description="Since when no delivery has reached it; empty: the last did.")
    old_secret_expire_time: str = Field("", description="When the secret before the last rotation stops to sign.")


class DeliveryState(StrEnum):
    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


class DeliveryAttempt(Message):
    start_time: str = ""
    duration: Duration = 0.0
    status: Count32 = Field(0, description="HTTP's; 0: there was no answer.")
    error: str = Field("", description="Why it failed; empty: it was taken.")


class WebhookDelivery(Message):
    delivery_id: str = Field("", description="Also the header `webhook-id`, the same in every attempt.")
    webhook_id: str = ""
    event: str = ""
    state: Annotated[DeliveryState | None, ZeroIsAbsent] = None
    create_time: str = ""
    next_time: str = ""
    attempts: list[DeliveryAttempt] = []
    payload: str = ""


class CreateWebhookRequest(Message):
    url: str = Field("", max_length=MAX_URL_CHARS, description="https, on the internet.")
    description: Text = Field("", max_length=MAX_DESCRIPTION_CHARS)
    events: list[str] = Field([], max_length=MAX_EVENTS, description="At least one.")


class CreateWebhookResponse(Message):
    webhook: Webhook = Webhook()
    secret: str = Field("", repr=False, description="Verifies what is sent; told here and never again.")


class ListWebhooksRequest(Message):
    pass


class ListWebhooksResponse(Message):
    webhooks: list[Webhook] = []


class UpdateWebhookRequest(Message):
    webhook_id: str = Field("", max_length=64)
    url: str = Field("", max_length=MAX_URL_CHARS, description="Empty: as it is.")
    description: Text | None = Field(None, max_length=MAX_DESCRIPTION_CHARS)
    events: list[str] = Field([], max_length=MAX_EVENTS, description="Empty: as they are.")
    enabled: bool | None = None


class UpdateWebhookResponse(Message):
    webhook: Webhook = Webhook()


class DeleteWebhookRequest(Message):
    webhook_id: str = Field("", max_length=64)


class DeleteWebhookResponse(Message):
    pass


class RotateWebhookSecretRequest(Message):
    webhook_id: str = Field("", max_length=64)
    overlap: Duration | None = Field(
        None, ge=0, le=MAX_OVERLAP_S, description="How long the old secret signs as well; unset: 24 hours."
    )


class RotateWebhookSecretResponse(Message):
    webhook: Webhook = Webhook()
    secret: str = Field("", repr=False)


class PingWebhookRequest(Message):
    webhook_id: str = Field("", max_length=64)


class PingWebhookResponse(Message):
    delivery_id: str = ""


class ListWebhookDeliveriesRequest(Message):
    page_size: int = Field(0, ge=0, le=200, description="At most this many; 0 stands for 50.")
    page_token: str = Field("", max_length=256)
    webhook_id: str = Field("", max_length=64, description="Only those to one webhook; empty: all.")
    states: list[DeliveryState] = Field([], max_length=len(DeliveryState))


class ListWebhookDeliveriesResponse(Message):
    deliveries: list[WebhookDelivery] = []
    next_page_token: str = ""


class RedeliverWebhookRequest(Message):
    delivery_id: str = Field("", max_length=64)


class RedeliverWebhookResponse(Message):
    delivery: WebhookDelivery = WebhookDelivery()

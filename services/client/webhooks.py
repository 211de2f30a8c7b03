"""Webhooks: the calls as generators of steps, and how both clients offer them, as `vitrine.webhooks`."""

from collections.abc import Iterable
from typing import Any, TypeVar

from google.protobuf.message import Message as ProtoMessage

from services.api.common import Message
from services.api.convert import to_proto, validated
from services.api.webhooks import (
    CreateWebhookRequest,
    CreateWebhookResponse,
    DeleteWebhookRequest,
    DeleteWebhookResponse,
    DeliveryState,
    ListWebhookDeliveriesRequest,
    ListWebhookDeliveriesResponse,
    ListWebhooksRequest,
    ListWebhooksResponse,
    PingWebhookRequest,
    PingWebhookResponse,
    RedeliverWebhookRequest,
    RedeliverWebhookResponse,
    RotateWebhookSecretRequest,
    RotateWebhookSecretResponse,
    UpdateWebhookRequest,
    UpdateWebhookResponse,
    Webhook,
    WebhookDelivery,
)
from services.client.calls import Calls
from services.client.messages import from_proto
from services.client.patience import Patience
from services.client.steps import AsyncRun, Flow, Method, Run
from services.pb.vitrine.v1 import webhooks_pb2

_METHODS = webhooks_pb2.DESCRIPTOR.services_by_name["WebhookService"].methods_by_name
#: Of a page, at most.
_PAGE = 200

A = TypeVar("A", bound=Message)
T = TypeVar("T")


class WebhookFlows(Calls):
    """The calls."""

    def create(self, url: str, events: Iterable[str], description: str) -> Flow[CreateWebhookResponse]:
        """A new webhook, with its secret."""
        fields = {"url": url, "events": list(events), "description": description}
        return (yield from self._ask(CreateWebhookRequest, fields, CreateWebhookResponse))

    def all(self) -> Flow[list[Webhook]]:
        """All webhooks."""
        return (yield from self._ask(ListWebhooksRequest, {}, ListWebhooksResponse)).webhooks

    def update(self, webhook_id: str, changes: dict[str, Any]) -> Flow[Webhook]:
        """Change what is given."""
        fields = {"webhook_id": webhook_id} | {name: value for name, value in changes.items() if value is not None}
        return (yield from self._ask(UpdateWebhookRequest, fields, UpdateWebhookResponse)).webhook

    def delete(self, webhook_id: str) -> Flow[None]:
        """Remove a webhook."""
        yield from self._ask(DeleteWebhookRequest, {"webhook_id": webhook_id}, DeleteWebhookResponse)

    def rotate(self, webhook_id: str, overlap_s: float | None) -> Flow[RotateWebhookSecretResponse]:
        """A new secret; asked for once, as a second rotation would end the secret before the first."""
        fields = {"webhook_id": webhook_id, "overlap": overlap_s}
        patience = Patience(self._timeout_s, 1)
        return (yield from self._ask(RotateWebhookSecretRequest, fields, RotateWebhookSecretResponse, patience))

    def ping(self, webhook_id: str) -> Flow[str]:
        """Have a ping sent."""
        answer = yield from self._ask(PingWebhookRequest, {"webhook_id": webhook_id}, PingWebhookResponse)
        return answer.delivery_id

    def deliveries(self, webhook_id: str, states: Iterable[DeliveryState], most: int) -> Flow[list[WebhookDelivery]]:
        """The newest deliveries, page by page."""
        found: list[WebhookDelivery] = []
        fields: dict[str, Any] = {"webhook_id": webhook_id, "states": list(states), "page_token": ""}
        while len(found) < most:
            fields["page_size"] = min(_PAGE, most - len(found))
            page = yield from self._ask(ListWebhookDeliveriesRequest, fields, ListWebhookDeliveriesResponse)
            found += page.deliveries
            fields["page_token"] = page.next_page_token
            if not page.next_page_token:
                break
        return found

    def redeliver(self, delivery_id: str) -> Flow[WebhookDelivery]:
        """Have a message sent again."""
        answer = yield from self._ask(RedeliverWebhookRequest, {"delivery_id": delivery_id}, RedeliverWebhookResponse)
        return answer.delivery

    def _ask(
        self, model: type[Message], fields: dict[str, Any], answer: type[A], patience: Patience | None = None
    ) -> Flow[A]:
        name = model.__name__
        message: type[ProtoMessage] = getattr(webhooks_pb2, name)
        request = to_proto(validated(model, fields), message)
        method = Method(_METHODS[name.removesuffix("Request")])
        return from_proto((yield from self._call(method, request, patience or self._patience(None))), answer)


class Webhooks:
    """Addresses that are told of events, see `docs/webhooks.md`.

    Args:
        flows: The calls.
        run: Carries them out.
    """

    def __init__(self, flows: WebhookFlows, run: Run) -> None:
        self._flows = flows
        self._run = run

    def create(self, url: str, events: Iterable[str], description: str = "") -> CreateWebhookResponse:
        """Have an address told of events. The secret that verifies the messages is told here and never again."""
        return self._run(self._flows.create(url, events, description))

    def all(self) -> list[Webhook]:
        """All of your tenant's webhooks, the oldest first."""
        return self._run(self._flows.all())

    def update(
        self,
        webhook_id: str,
        *,
        url: str | None = None,
        events: Iterable[str] | None = None,
        description: str | None = None,
        enabled: bool | None = None,
    ) -> Webhook:
        """Change what is given."""
        return self._run(self._flows.update(webhook_id, _changes(url, events, description, enabled)))

    def delete(self, webhook_id: str) -> None:
        """Remove a webhook; what waits for it is not sent."""
        self._run(self._flows.delete(webhook_id))

    def rotate(self, webhook_id: str, *, overlap_s: float | None = None) -> RotateWebhookSecretResponse:
        """Make a new secret; the old one signs beside it for `overlap_s` seconds, a day where that is None."""
        return self._run(self._flows.rotate(webhook_id, overlap_s))

    def ping(self, webhook_id: str) -> str:
        """Have a ping sent; returns the id of its delivery."""
        return self._run(self._flows.ping(webhook_id))

    def deliveries(
        self, webhook_id: str = "", *, states: Iterable[DeliveryState] = (), most: int = 100
    ) -> list[WebhookDelivery]:
        """What was or will be sent, the newest first."""
        return self._run(self._flows.deliveries(webhook_id, states, most))

    def redeliver(self, delivery_id: str) -> WebhookDelivery:
        """Have a message sent again under its own id."""
        return self._run(self._flows.redeliver(delivery_id))


class AsyncWebhooks:
    """`Webhooks` for asyncio: the same calls, arguments, results and errors.

    Args:
        flows: The calls.
        run: Carries them out.
    """

    def __init__(self, flows: WebhookFlows, run: AsyncRun) -> None:
        self._flows = flows
        self._run = run

    async def create(self, url: str, events: Iterable[str], description: str = "") -> CreateWebhookResponse:
        """Have an address told of events. The secret that verifies the messages is told here and never again."""
        return await self._run(self._flows.create(url, events, description))

    async def all(self) -> list[Webhook]:
        """All of your tenant's webhooks, the oldest first."""
        return await self._run(self._flows.all())

    async def update(
        self,
        webhook_id: str,
        *,
        url: str | None = None,
        events: Iterable[str] | None = None,
        description: str | None = None,
        enabled: bool | None = None,
    ) -> Webhook:
        """Change what is given."""
        return await self._run(self._flows.update(webhook_id, _changes(url, events, description, enabled)))

    async def delete(self, webhook_id: str) -> None:
        """Remove a webhook; what waits for it is not sent."""
        await self._run(self._flows.delete(webhook_id))

    async def rotate(self, webhook_id: str, *, overlap_s: float | None = None) -> RotateWebhookSecretResponse:
        """Make a new secret; the old one signs beside it for `overlap_s` seconds, a day where that is None."""
        return await self._run(self._flows.rotate(webhook_id, overlap_s))

    async def ping(self, webhook_id: str) -> str:
        """Have a ping sent; returns the id of its delivery."""
        return await self._run(self._flows.ping(webhook_id))

    async def deliveries(
        self, webhook_id: str = "", *, states: Iterable[DeliveryState] = (), most: int = 100
    ) -> list[WebhookDelivery]:
        """What was or will be sent, the newest first."""
        return await self._run(self._flows.deliveries(webhook_id, states, most))

    async def redeliver(self, delivery_id: str) -> WebhookDelivery:
        """Have a message sent again under its own id."""
        return await self._run(self._flows.redeliver(delivery_id))


def _changes(
    url: str | None, events: Iterable[str] | None, description: str | None, enabled: bool | None
) -> dict[str, Any]:
    listed = None if events is None else list(events)
    return {"url": url, "events": listed, "description": description, "enabled": enabled}

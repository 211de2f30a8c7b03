"""WebhookService without a transport: the addresses that a tenant is told at, and what they were or will be told."""

import time
from collections.abc import Callable
from typing import Final

from sqlalchemy.orm import Session

from services.api.webhooks import (
    CreateWebhookRequest,
    CreateWebhookResponse,
    DeleteWebhookRequest,
    DeleteWebhookResponse,
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
)
from services.common.errors import WrongState
from services.common.job_settings import WebhookSettings
from services.database.database import Database
from services.gateway.schema import Call
from services.tenants.accounts import Accounts
from services.webhooks.deliveries import Deliveries
from services.webhooks.endpoints import Endpoints
from services.webhooks.outbox import Outbox
from services.webhooks.told import webhook_told

DEFAULT_PAGE_SIZE: Final = 50


class Webhooks:
    """Answers WebhookService's requests, each for the call's tenant alone. All raise `StorageUnavailable` when the
    database does not answer, and `NotFound` for what is not the tenant's.

    Args:
        database: Where webhooks are kept.
        settings: Where to, and how many.
        accounts: Whose they are.
        now: Unix time in seconds.
    """

    def __init__(
        self, database: Database, settings: WebhookSettings, accounts: Accounts, now: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._endpoints = Endpoints(settings, accounts, now)
        self._deliveries = Deliveries(now)
        self._outbox = Outbox(now)
        self._now = now

    async def create_webhook(self, request: CreateWebhookRequest, call: Call) -> CreateWebhookResponse:
        """A new webhook; its secret is told here and never again.

        Raises:
            InvalidInput, Conflict: See `Endpoints.create`.
        """

        def create(session: Session) -> CreateWebhookResponse:
            row = self._endpoints.create(session, call.tenant, request.url, request.events, request.description)
            return CreateWebhookResponse(webhook=webhook_told(row, self._now()), secret=row.secret)

        return await self._database.run(create)

    async def list_webhooks(self, _: ListWebhooksRequest, call: Call) -> ListWebhooksResponse:
        """All of the tenant's, the oldest first."""

        def found(session: Session) -> ListWebhooksResponse:
            rows = self._endpoints.all(session, call.tenant)
            return ListWebhooksResponse(webhooks=[webhook_told(row, self._now()) for row in rows])

        return await self._database.read(found)

    async def update_webhook(self, request: UpdateWebhookRequest, call: Call) -> UpdateWebhookResponse:
        """Change what the request sets.

        Raises:
            InvalidInput, Conflict: See `Endpoints.create`.
        """

        def change(session: Session) -> UpdateWebhookResponse:
            row = self._endpoints.change(
                session, call.tenant, request.webhook_id, url=request.url, events=request.events,
                description=request.description, enabled=request.enabled,
            )  # fmt: skip
            return UpdateWebhookResponse(webhook=webhook_told(row, self._now()))

        return await self._database.run(change)

    async def delete_webhook(self, request: DeleteWebhookRequest, call: Call) -> DeleteWebhookResponse:
        """Remove a webhook with the log of its deliveries; what waits is not sent."""
        await self._database.run(lambda session: self._endpoints.remove(session, call.tenant, request.webhook_id))
        return DeleteWebhookResponse()

    async def rotate_webhook_secret(
        self, request: RotateWebhookSecretRequest, call: Call
    ) -> RotateWebhookSecretResponse:
        """A new secret, told here and never again; the one before signs beside it for a while."""

        def rotate(session: Session) -> RotateWebhookSecretResponse:
            row = self._endpoints.rotate(session, call.tenant, request.webhook_id, request.overlap)
            return RotateWebhookSecretResponse(webhook=webhook_told(row, self._now()), secret=row.secret)

        return await self._database.run(rotate)

    async def ping_webhook(self, request: PingWebhookRequest, call: Call) -> PingWebhookResponse:
        """Have a ping sent; while one waits, that is the one.

        Raises:
            WrongState: The webhook is disabled.
        """

        def ping(session: Session) -> PingWebhookResponse:
            row = self._endpoints.one(session, call.tenant, request.webhook_id)
            if not row.enabled:
                raise WrongState("the webhook is disabled; enable it first", field="webhook_id")
            return PingWebhookResponse(delivery_id=self._outbox.ping(session, row))

        return await self._database.run(ping)

    async def list_webhook_deliveries(
        self, request: ListWebhookDeliveriesRequest, call: Call
    ) -> ListWebhookDeliveriesResponse:
        """Page by page, the newest first.

        Raises:
            InvalidInput: The page token is none of ours.
        """
        size = request.page_size or DEFAULT_PAGE_SIZE

        def found(session: Session) -> ListWebhookDeliveriesResponse:
            page, token = self._deliveries.page(
                session, call.tenant, size, request.page_token, request.webhook_id, request.states
            )
            return ListWebhookDeliveriesResponse(deliveries=page, next_page_token=token)

        return await self._database.read(found)

    async def redeliver_webhook(self, request: RedeliverWebhookRequest, call: Call) -> RedeliverWebhookResponse:
        """Have a message sent again under its own id.

        Raises:
            WrongState: Its webhook is disabled.
        """

        def again(session: Session) -> RedeliverWebhookResponse:
            told = self._deliveries.again(session, call.tenant, request.delivery_id)
            return RedeliverWebhookResponse(delivery=told)

        return await self._database.run(again)

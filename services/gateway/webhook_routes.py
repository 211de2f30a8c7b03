"""WebhookService over HTTP."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from services.api import webhooks as api
from services.api.convert import validated
from services.common.errors import InvalidInput
from services.gateway import openapi
from services.gateway.body import BodyReader
from services.gateway.call import Guard
from services.gateway.http_calls import answered, asked_by_query, call_of, guarded
from services.gateway.schema import Call
from services.gateway.services import Services

M = TypeVar("M", bound=BaseModel)


class WebhookRoutes:
    """The routes.

    Args:
        guard: Stands around every call.
        services: Answer.
        body: Reads bodies.
    """

    def __init__(self, guard: Guard, services: Services, body: BodyReader) -> None:
        self._guard = guard
        self._webhooks = services.webhooks
        self._body = body

    def router(self) -> APIRouter:
        """The routes, with their description."""
        router = APIRouter(tags=["webhooks"])

        def add(
            verb: str, path: str, serve: Any, answer: type[Any] | None, summary: str, route: dict[str, Any]
        ) -> None:
            router.add_api_route(path, serve, methods=[verb], response_model=answer, summary=summary, **route)

        one, delivery = "/v1/webhooks/{webhook_id}", "/v1/webhook-deliveries/{delivery_id}"
        made = {"status_code": 201, **openapi.body_route(api.CreateWebhookRequest, required=True)}
        add("POST", "/v1/webhooks", self.create, api.CreateWebhookResponse, "Be told of events", made)
        add("GET", "/v1/webhooks", self.list, api.ListWebhooksResponse, "Your webhooks", openapi.plain_route())
        change = openapi.body_route(api.UpdateWebhookRequest, required=True)
        add("PATCH", one, self.update, api.UpdateWebhookResponse, "Change a webhook", change)
        removed = {"status_code": 204, **openapi.plain_route()}
        add("DELETE", one, self.delete, None, "Be told no more", removed)
        rotate = openapi.body_route(api.RotateWebhookSecretRequest)
        add("POST", f"{one}/rotate", self.rotate, api.RotateWebhookSecretResponse, "A new secret", rotate)
        add("POST", f"{one}/ping", self.ping, api.PingWebhookResponse, "Send a ping", openapi.plain_route())
        page = openapi.page_route(api.ListWebhookDeliveriesRequest)
        told = api.ListWebhookDeliveriesResponse
        add("GET", "/v1/webhook-deliveries", self.list_deliveries, told, "What was or will be sent", page)
        again = api.RedeliverWebhookResponse
        add("POST", f"{delivery}/redeliver", self.redeliver, again, "Send it again", openapi.plain_route())
        return router

    async def create(self, request: Request) -> Response:
        """201 with the webhook and its secret, which is told here and never again."""
        async with guarded(self._guard, call_of("CreateWebhook", request), request) as call:
            wanted = await self._body.read(request, api.CreateWebhookRequest)
            return answered(await self._webhooks.create_webhook(wanted, call), 201)

    async def list(self, request: Request) -> Response:
        """All of them, without their secrets."""
        return await self._asked(request, api.ListWebhooksRequest, self._webhooks.list_webhooks)

    async def update(self, request: Request, webhook_id: str) -> Response:
        """What the body sets is changed."""
        async with guarded(self._guard, call_of("UpdateWebhook", request), request) as call:
            wanted = _of(webhook_id, await self._body.read(request, api.UpdateWebhookRequest))
            return answered(await self._webhooks.update_webhook(wanted, call))

    async def delete(self, request: Request, webhook_id: str) -> Response:
        """204; what waits for it is not sent."""
        async with guarded(self._guard, call_of("DeleteWebhook", request), request) as call:
            wanted = asked_by_query(request, api.DeleteWebhookRequest, webhook_id=webhook_id)
            await self._webhooks.delete_webhook(wanted, call)
            return Response(status_code=204)

    async def rotate(self, request: Request, webhook_id: str) -> Response:
        """The old secret signs beside the new one for a day, or as long as the body says."""
        async with guarded(self._guard, call_of("RotateWebhookSecret", request), request) as call:
            wanted = _of(webhook_id, await self._body.read_if_any(request, api.RotateWebhookSecretRequest))
            return answered(await self._webhooks.rotate_webhook_secret(wanted, call))

    async def ping(self, request: Request, webhook_id: str) -> Response:
        """The id of its delivery."""
        return await self._asked(request, api.PingWebhookRequest, self._webhooks.ping_webhook, webhook_id=webhook_id)

    async def list_deliveries(self, request: Request) -> Response:
        """Page by page, the newest first."""
        return await self._asked(request, api.ListWebhookDeliveriesRequest, self._webhooks.list_webhook_deliveries)

    async def redeliver(self, request: Request, delivery_id: str) -> Response:
        """Under the same message id, and from the beginning of the schedule."""
        model = api.RedeliverWebhookRequest
        return await self._asked(request, model, self._webhooks.redeliver_webhook, delivery_id=delivery_id)

    async def _asked(
        self, request: Request, model: type[M], serve: Callable[[M, Call], Awaitable[BaseModel]], **path: str
    ) -> Response:
        """A call that path and query make."""
        async with guarded(self._guard, call_of(model.__name__.removesuffix("Request"), request), request) as call:
            return answered(await serve(asked_by_query(request, model, **path), call))


def _of(webhook_id: str, wanted: M) -> M:
    """The request, of the webhook that the path names.

    Raises:
        InvalidInput: The body names another.
    """
    if getattr(wanted, "webhook_id", "") not in ("", webhook_id):
        raise InvalidInput("webhook_id: the body names another webhook than the path", field="webhook_id")
    return validated(type(wanted), {**dict(wanted), "webhook_id": webhook_id})

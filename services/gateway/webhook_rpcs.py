"""WebhookService over gRPC."""

from services.api import webhooks
from services.gateway.rpc import GrpcContext, Rpcs
from services.pb.vitrine.v1 import webhooks_pb2


class WebhookRpcs(Rpcs):
    """Addresses that are told of events, and what they were told."""

    async def CreateWebhook(
        self, message: webhooks_pb2.CreateWebhookRequest, grpc_context: GrpcContext
    ) -> webhooks_pb2.CreateWebhookResponse:
        """A new address, with its secret."""
        return await self._unary(
            "CreateWebhook", grpc_context, message, webhooks.CreateWebhookRequest,
            self._services.webhooks.create_webhook, webhooks_pb2.CreateWebhookResponse,
        )  # fmt: skip

    async def ListWebhooks(
        self, message: webhooks_pb2.ListWebhooksRequest, grpc_context: GrpcContext
    ) -> webhooks_pb2.ListWebhooksResponse:
        """The tenant's addresses."""
        return await self._unary(
            "ListWebhooks", grpc_context, message, webhooks.ListWebhooksRequest,
            self._services.webhooks.list_webhooks, webhooks_pb2.ListWebhooksResponse,
        )  # fmt: skip

    async def UpdateWebhook(
        self, message: webhooks_pb2.UpdateWebhookRequest, grpc_context: GrpcContext
    ) -> webhooks_pb2.UpdateWebhookResponse:
        """Another address, other events, on or off."""
        return await self._unary(
            "UpdateWebhook", grpc_context, message, webhooks.UpdateWebhookRequest,
            self._services.webhooks.update_webhook, webhooks_pb2.UpdateWebhookResponse,
        )  # fmt: skip

    async def DeleteWebhook(
        self, message: webhooks_pb2.DeleteWebhookRequest, grpc_context: GrpcContext
    ) -> webhooks_pb2.DeleteWebhookResponse:
        """An address that is told no more."""
        return await self._unary(
            "DeleteWebhook", grpc_context, message, webhooks.DeleteWebhookRequest,
            self._services.webhooks.delete_webhook, webhooks_pb2.DeleteWebhookResponse,
        )  # fmt: skip

    async def RotateWebhookSecret(
        self, message: webhooks_pb2.RotateWebhookSecretRequest, grpc_context: GrpcContext
    ) -> webhooks_pb2.RotateWebhookSecretResponse:
        """A new secret; the old one signs beside it for a while."""
        return await self._unary(
            "RotateWebhookSecret", grpc_context, message, webhooks.RotateWebhookSecretRequest,
            self._services.webhooks.rotate_webhook_secret, webhooks_pb2.RotateWebhookSecretResponse,
        )  # fmt: skip

    async def PingWebhook(
        self, message: webhooks_pb2.PingWebhookRequest, grpc_context: GrpcContext
    ) -> webhooks_pb2.PingWebhookResponse:
        """A message to see whether it arrives."""
        return await self._unary(
            "PingWebhook", grpc_context, message, webhooks.PingWebhookRequest,
            self._services.webhooks.ping_webhook, webhooks_pb2.PingWebhookResponse,
        )  # fmt: skip

    async def ListWebhookDeliveries(
        self, message: webhooks_pb2.ListWebhookDeliveriesRequest, grpc_context: GrpcContext
    ) -> webhooks_pb2.ListWebhookDeliveriesResponse:
        """What was or will be sent, the newest first."""
        return await self._unary(
            "ListWebhookDeliveries", grpc_context, message, webhooks.ListWebhookDeliveriesRequest,
            self._services.webhooks.list_webhook_deliveries, webhooks_pb2.ListWebhookDeliveriesResponse,
        )  # fmt: skip

    async def RedeliverWebhook(
        self, message: webhooks_pb2.RedeliverWebhookRequest, grpc_context: GrpcContext
    ) -> webhooks_pb2.RedeliverWebhookResponse:
        """A message sent again."""
        return await self._unary(
            "RedeliverWebhook", grpc_context, message, webhooks.RedeliverWebhookRequest,
            self._services.webhooks.redeliver_webhook, webhooks_pb2.RedeliverWebhookResponse,
        )  # fmt: skip

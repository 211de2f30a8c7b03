"""`/metrics`: what the database knows, for Prometheus. It tells tenants' names, so it is not for everybody."""

import secrets

from fastapi import APIRouter, Request, Response

from services.common.errors import Unauthenticated
from services.gateway.auth import is_local
from services.jobs.exporter import Exporter


class MetricsPage:
    """Answers who has the operator's key, and, where there is none, who asks from this machine.

    Args:
        exporter: Knows the figures.
        key: Prometheus sends it as `Authorization: Bearer …`; empty: callers on this machine need none, others get
            nothing.
    """

    def __init__(self, exporter: Exporter, key: str) -> None:
        self._exporter = exporter
        self._key = key

    def router(self) -> APIRouter:
        """The route; it is no part of the interface that callers are promised."""
        router = APIRouter()
        router.add_api_route("/metrics", self.read, include_in_schema=False)
        return router

    async def read(self, request: Request) -> Response:
        """The page.

        Raises:
            Unauthenticated: The key is missing or wrong.
            StorageUnavailable: The database does not answer.
        """
        self._require(request)
        return Response(await self._exporter.page(), media_type=Exporter.media_type)

    def _require(self, request: Request) -> None:
        if self._key:
            sent = request.headers.get("authorization", "")
            allowed = secrets.compare_digest(sent.encode(), f"Bearer {self._key}".encode())
        else:
            allowed = request.client is not None and is_local(request.client.host)
        if not allowed:
            raise Unauthenticated("metrics are the operator's: send the key that is set as observability.metrics_key")

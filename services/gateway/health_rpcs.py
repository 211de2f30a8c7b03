"""The standard health service (https://grpc.io/docs/guides/health-checking/), which Serve lacks."""

import asyncio
from collections.abc import AsyncIterator
from typing import ClassVar

from grpc_health.v1 import health_pb2

from services.common.errors import NotFound, VitrineError
from services.gateway.rpc import GrpcContext, Rpcs, call_of, fail


class HealthRpcs(Rpcs):
    """SERVING once every stage is warm; anyone may ask."""

    #: Names that may be asked for, "" = the whole server.
    SERVICES: ClassVar[tuple[str, ...]] = ("",)
    WATCH_INTERVAL_S: ClassVar = 1.0

    async def Check(
        self, message: health_pb2.HealthCheckRequest, grpc_context: GrpcContext
    ) -> health_pb2.HealthCheckResponse:
        """The health now."""
        call = call_of("Check", grpc_context, public=True)
        try:
            async with self._guard.around(call):
                if message.service not in self.SERVICES:
                    raise NotFound("this server has no such service", field="service")
                return await self._health()
        except VitrineError as error:
            fail(grpc_context, error, call.request_id, call.trace)
            return health_pb2.HealthCheckResponse()

    async def Watch(
        self, message: health_pb2.HealthCheckRequest, grpc_context: GrpcContext
    ) -> AsyncIterator[health_pb2.HealthCheckResponse]:
        """The health now and whenever it changes, until the caller leaves."""
        async with self._guard.around(call_of("Watch", grpc_context, public=True)):
            if message.service not in self.SERVICES:
                yield health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.SERVICE_UNKNOWN)
                return
            told = None
            while True:
                health = await self._health()
                if health != told:
                    told = health
                    yield health
                await asyncio.sleep(self.WATCH_INTERVAL_S)

    async def _health(self) -> health_pb2.HealthCheckResponse:
        serving = health_pb2.HealthCheckResponse.SERVING
        waiting = health_pb2.HealthCheckResponse.NOT_SERVING
        return health_pb2.HealthCheckResponse(status=serving if await self._readiness.ready() else waiting)

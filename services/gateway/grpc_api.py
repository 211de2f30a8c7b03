"""gRPC at the edge: decode, call, encode. Serve routes every RPC to the method of its name."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, ClassVar, Protocol, TypeVar

import grpc
from google.protobuf.message import Message as Proto
from grpc_health.v1 import health_pb2
from pydantic import BaseModel

from services.api import catalog, studio, usage
from services.api.convert import from_proto, to_proto
from services.common.errors import Internal, InvalidInput, NotFound, VitrineError
from services.gateway.call import Guard, request_id_from
from services.gateway.schema import Call
from services.gateway.services import Services
from services.gateway.status import rich_status, status_of
from services.pb.vitrine.v1 import catalog_pb2, studio_pb2, usage_pb2
from services.workflow.readiness import Readiness

#: Carries google.rpc.Status, see https://grpc.io/docs/guides/error/#richer-error-model
STATUS_DETAILS_KEY = "grpc-status-details-bin"
#: In every answer of the gateway's.
REQUEST_ID_KEY = "x-request-id"
#: Metadata of callers.
AUTHORIZATION_KEY = "authorization"
IDEMPOTENCY_KEY = "idempotency-key"

Request = TypeVar("Request", bound=BaseModel)
Answer = TypeVar("Answer", bound=Proto)


class GrpcContext(Protocol):
    """The part of Serve's `RayServegRPCContext` that is used here."""

    def peer(self) -> str:
        """Address of the caller, such as "ipv4:127.0.0.1:40112"."""

    def invocation_metadata(self) -> list[tuple[str, str]]:
        """What the caller sent."""

    def trailing_metadata(self) -> list[tuple[str, Any]]:
        """What is sent back so far."""

    def set_code(self, code: grpc.StatusCode) -> None:
        """Of the answer."""

    def set_details(self, details: str) -> None:
        """Text beside the code."""

    def set_trailing_metadata(self, trailing_metadata: list[tuple[str, Any]]) -> None:
        """Sent after the answer, beside Serve's own."""


class GrpcApi:
    """All RPCs, each under its own name, with the parameter name that Serve gives the context to.

    An error is written into the context and an empty message returned: Serve carries code, text and trailing metadata
    over only with a message (an exception loses the metadata). A stream's error therefore ends with one empty message.

    Args:
        guard: Stands around every call.
        services: Answer.
        readiness: What the health service tells.
    """

    SERVICES: ClassVar = ("", "vitrine.v1.StudioService", "vitrine.v1.CatalogService", "vitrine.v1.UsageService")
    WATCH_INTERVAL_S: ClassVar = 1.0

    def __init__(self, guard: Guard, services: Services, readiness: Readiness) -> None:
        self._guard = guard
        self._studio = services.studio
        self._catalog = services.catalog
        self._usage = services.usage
        self._readiness = readiness

    async def CreateCutout(  # noqa: N802 - the RPC's name
        self, message: studio_pb2.CreateCutoutRequest, grpc_context: GrpcContext
    ) -> studio_pb2.CreateCutoutResponse:
        """Cut the product out of its photo."""

        async def answer(call: Call) -> BaseModel:
            request = from_proto(message, studio.CreateCutoutRequest)
            return await self._studio.create_cutout(request, call)

        return await self._unary("CreateCutout", grpc_context, answer, studio_pb2.CreateCutoutResponse)

    async def CreateShot(  # noqa: N802 - the RPC's name
        self, message: studio_pb2.CreateShotRequest, grpc_context: GrpcContext
    ) -> studio_pb2.CreateShotResponse:
        """Put the product into a scene."""

        async def answer(call: Call) -> BaseModel:
            request = from_proto(message, studio.CreateShotRequest)
            return await self._studio.create_shot(request, call)

        return await self._unary("CreateShot", grpc_context, answer, studio_pb2.CreateShotResponse)

    async def StreamShot(  # noqa: N802 - the RPC's name
        self, message: studio_pb2.StreamShotRequest, grpc_context: GrpcContext
    ) -> AsyncIterator[studio_pb2.StreamShotResponse]:
        """The same, told stage by stage and step by step."""

        def answers(call: Call) -> AsyncGenerator[BaseModel, None]:
            request = from_proto(message, studio.StreamShotRequest)
            return self._studio.stream_shot(request, call)

        async with aclosing(self._stream("StreamShot", grpc_context, answers, studio_pb2.StreamShotResponse)) as stream:
            async for each in stream:
                yield each

    async def ReadBlob(  # noqa: N802 - the RPC's name
        self, message: studio_pb2.ReadBlobRequest, grpc_context: GrpcContext
    ) -> AsyncIterator[studio_pb2.ReadBlobResponse]:
        """A stored result in chunks."""

        def answers(call: Call) -> AsyncGenerator[BaseModel, None]:
            return self._studio.read_blob(from_proto(message, studio.ReadBlobRequest), call)

        async with aclosing(self._stream("ReadBlob", grpc_context, answers, studio_pb2.ReadBlobResponse)) as stream:
            async for each in stream:
                yield each

    async def ListScenes(  # noqa: N802 - the RPC's name
        self, message: catalog_pb2.ListScenesRequest, grpc_context: GrpcContext
    ) -> catalog_pb2.ListScenesResponse:
        """The scenes there are."""

        async def answer(_: Call) -> BaseModel:
            return self._catalog.list_scenes(from_proto(message, catalog.ListScenesRequest))

        return await self._unary("ListScenes", grpc_context, answer, catalog_pb2.ListScenesResponse)

    async def ListModels(  # noqa: N802 - the RPC's name
        self, message: catalog_pb2.ListModelsRequest, grpc_context: GrpcContext
    ) -> catalog_pb2.ListModelsResponse:
        """The models there are."""

        async def answer(_: Call) -> BaseModel:
            return self._catalog.list_models(from_proto(message, catalog.ListModelsRequest))

        return await self._unary("ListModels", grpc_context, answer, catalog_pb2.ListModelsResponse)

    async def GetUsage(  # noqa: N802 - the RPC's name
        self, message: usage_pb2.GetUsageRequest, grpc_context: GrpcContext
    ) -> usage_pb2.GetUsageResponse:
        """What was done for the caller's tenant."""

        async def answer(call: Call) -> BaseModel:
            return await self._usage.get_usage(from_proto(message, usage.GetUsageRequest), call)

        return await self._unary("GetUsage", grpc_context, answer, usage_pb2.GetUsageResponse)

    async def Check(  # noqa: N802 - the RPC's name
        self, message: health_pb2.HealthCheckRequest, grpc_context: GrpcContext
    ) -> health_pb2.HealthCheckResponse:
        """Standard health service: SERVING once every stage is warm (https://grpc.io/docs/guides/health-checking/)."""
        call = _call("Check", grpc_context, public=True)
        try:
            async with self._guard.around(call):
                if message.service not in self.SERVICES:
                    raise NotFound("this server has no such service", field="service")
                return await self._health()
        except VitrineError as error:
            fail(grpc_context, error, call.request_id)
            return health_pb2.HealthCheckResponse()

    async def Watch(  # noqa: N802 - the RPC's name
        self, message: health_pb2.HealthCheckRequest, grpc_context: GrpcContext
    ) -> AsyncIterator[health_pb2.HealthCheckResponse]:
        """The health now and whenever it changes, until the caller leaves."""
        async with self._guard.around(_call("Watch", grpc_context, public=True)):
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

    async def _unary(
        self,
        method: str,
        context: GrpcContext,
        answer: Callable[[Call], Awaitable[BaseModel]],
        answer_type: type[Answer],
    ) -> Answer:
        call = _call(method, context)
        try:
            async with self._guard.around(call) as known:
                result = _message(await answer(known), answer_type)
        except VitrineError as error:
            fail(context, error, call.request_id)
            return answer_type()
        _finish(context, known)
        return result

    async def _stream(
        self,
        method: str,
        context: GrpcContext,
        answers: Callable[[Call], AsyncGenerator[BaseModel, None]],
        answer_type: type[Answer],
    ) -> AsyncGenerator[Answer, None]:
        call = _call(method, context)
        try:
            # Closed at once when the caller leaves, not when the garbage collector comes by.
            async with self._guard.around(call) as known, aclosing(answers(known)) as told:
                _finish(context, known)
                async for answer in told:
                    yield _message(answer, answer_type)
        except VitrineError as error:
            fail(context, error, call.request_id)
            yield answer_type()


def _message(answer: BaseModel, answer_type: type[Answer]) -> Answer:
    """The answer as it is sent; one that does not fit the contract is our fault, not the caller's."""
    try:
        return to_proto(answer, answer_type)
    except InvalidInput as error:
        raise Internal("the answer does not fit the contract") from error


def _call(method: str, context: GrpcContext, *, public: bool = False) -> Call:
    sent = dict(context.invocation_metadata())
    own_id = sent.get("request_id")
    # Serve itself makes an id where the caller gave none, and sends it back; taking it up keeps both the same.
    request_id = request_id_from(own_id or dict(context.trailing_metadata()).get("request_id"))
    return Call(
        method, "grpc", request_id, context.peer(), public,
        authorization=sent.get(AUTHORIZATION_KEY, ""),
        # Over gRPC a request's own id names it, and clients repeat a request under the same.
        idempotency_key=sent.get(IDEMPOTENCY_KEY) or (request_id if request_id == own_id else ""),
    )  # fmt: skip


def _finish(context: GrpcContext, call: Call) -> None:
    left = call.allowance.headers if call.allowance else {}
    told = [(name.lower(), value) for name, value in left.items()]
    context.set_trailing_metadata([(REQUEST_ID_KEY, call.request_id), *told])


def fail(context: GrpcContext, error: VitrineError, request_id: str) -> None:
    """Make the error the call's answer."""
    status = rich_status(error, request_id)
    context.set_code(status_of(error).grpc)
    context.set_details(status.message)
    context.set_trailing_metadata([(REQUEST_ID_KEY, request_id), (STATUS_DETAILS_KEY, status.SerializeToString())])

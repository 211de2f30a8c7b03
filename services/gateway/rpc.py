"""What every RPC does around its answer: decode, call, encode, and errors as gRPC tells them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import grpc
from google.protobuf.message import Message as Proto
from pydantic import BaseModel

from services.api.convert import from_proto, to_proto
from services.common.errors import Cancelled, Internal, InvalidInput, VitrineError
from services.common.trace import TRACEPARENT, Trace
from services.gateway.call import Guard, request_id_from
from services.gateway.schema import Call
from services.gateway.status import rich_status, status_of
from services.workflow.readiness import Readiness

if TYPE_CHECKING:  # Serve's proxies load this file, and need none of them
    from services.gateway.services import Services

#: Carries google.rpc.Status, see https://grpc.io/docs/guides/error/#richer-error-model
STATUS_DETAILS_KEY: Final = "grpc-status-details-bin"
#: In every answer of the gateway's.
REQUEST_ID_KEY: Final = "x-request-id"
#: Metadata of callers.
AUTHORIZATION_KEY: Final = "authorization"
IDEMPOTENCY_KEY: Final = "idempotency-key"

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


class InputStream(Protocol):
    """The part of Serve's `gRPCInputStream` that is used here: a caller's stream."""

    async def __anext__(self) -> Proto:
        """The next message."""

    def is_cancelled(self) -> bool:
        """Whether the stream ended because its caller left, or could not be read to its end."""


class Rpcs:
    """Base of the classes that hold the RPCs of a service each, under their own names; Serve gives the context to a
    parameter named `grpc_context`.

    An error is written into the context and an empty message returned: Serve carries code, text and trailing metadata
    over only with a message (an exception loses the metadata). A stream's error therefore ends with one empty message.

    Args:
        guard: Stands around every call.
        services: Answer.
        readiness: What the health service tells.
    """

    def __init__(self, guard: Guard, services: "Services", readiness: Readiness) -> None:
        self._guard = guard
        self._services = services
        self._readiness = readiness

    async def _unary(
        self,
        method: str,
        context: GrpcContext,
        message: Proto,
        model: type[Request],
        serve: Callable[[Request, Call], Awaitable[BaseModel]],
        answer_type: type[Answer],
    ) -> Answer:
        """One message in, one out. Both are converted in a thread, as they may list many items."""

        async def answer(call: Call) -> BaseModel:
            return await serve(await asyncio.to_thread(from_proto, message, model), call)

        return await self._answered(method, context, answer, answer_type)

    async def _collected(
        self,
        method: str,
        context: GrpcContext,
        stream: InputStream,
        model: type[Request],
        serve: Callable[[AsyncIterator[Request], Call], Awaitable[BaseModel]],
        answer_type: type[Answer],
    ) -> Answer:
        """A stream in, one message out."""

        async def answer(call: Call) -> BaseModel:
            async with aclosing(_arriving(stream, model)) as requests:
                return await serve(requests, call)

        return await self._answered(method, context, answer, answer_type)

    async def _stream(
        self,
        method: str,
        context: GrpcContext,
        message: Proto,
        model: type[Request],
        serve: Callable[[Request, Call], AsyncGenerator[BaseModel, None]],
        answer_type: type[Answer],
    ) -> AsyncGenerator[Answer, None]:
        """One message in, a stream out."""
        call = call_of(method, context)
        try:
            # Closed at once when the caller leaves, not when the garbage collector comes by.
            async with self._guard.around(call) as known, aclosing(serve(from_proto(message, model), known)) as told:
                _finish(context, known)
                async for answer in told:
                    yield _message(answer, answer_type)
        except VitrineError as error:
            fail(context, error, call.request_id, call.trace)
            yield answer_type()

    async def _answered(
        self,
        method: str,
        context: GrpcContext,
        answer: Callable[[Call], Awaitable[BaseModel]],
        answer_type: type[Answer],
    ) -> Answer:
        call = call_of(method, context)
        try:
            async with self._guard.around(call) as known:
                result = await asyncio.to_thread(_message, await answer(known), answer_type)
        except VitrineError as error:
            fail(context, error, call.request_id, call.trace)
            return answer_type()
        _finish(context, known)
        return result


async def _arriving(stream: InputStream, model: type[Request]) -> AsyncGenerator[Request, None]:
    """A caller's messages, to the end that the caller made.

    Raises:
        Cancelled: There is no such end: the caller left, or sent bytes that are no message.
        InvalidInput: A value is out of its range.
    """
    while True:
        try:
            message = await anext(stream)
        except StopAsyncIteration:
            break
        except Exception as error:  # Ray's: the proxy's end of the stream is gone
            raise Cancelled("the caller left before its stream had ended") from error
        yield await asyncio.to_thread(from_proto, message, model)
    if stream.is_cancelled():
        raise Cancelled("the caller left before its stream had ended")


def _message(answer: BaseModel, answer_type: type[Answer]) -> Answer:
    """The answer as it is sent; one that does not fit the contract is our fault, not the caller's."""
    try:
        return to_proto(answer, answer_type)
    except InvalidInput as error:
        raise Internal("the answer does not fit the contract") from error


def call_of(method: str, context: GrpcContext, *, public: bool = False) -> Call:
    """The call that an RPC is.

    Args:
        method: Its name.
        context: Serve's.
        public: See `Call`.
    """
    sent = dict(context.invocation_metadata())
    own_id = sent.get("request_id")
    # Serve itself makes an id where the caller gave none, and sends it back; taking it up keeps both the same.
    request_id = request_id_from(own_id or dict(context.trailing_metadata()).get("request_id"))
    return Call(
        method, "grpc", request_id, context.peer(), public,
        authorization=sent.get(AUTHORIZATION_KEY, ""),
        # Over gRPC a request's own id names it, and clients repeat a request under the same.
        idempotency_key=sent.get(IDEMPOTENCY_KEY) or (request_id if request_id == own_id else ""),
        trace=Trace.taken_up(sent.get(TRACEPARENT, "")),
    )  # fmt: skip


def _finish(context: GrpcContext, call: Call) -> None:
    left = call.allowance.headers if call.allowance else {}
    told = [(name.lower(), value) for name, value in left.items()]
    context.set_trailing_metadata([(REQUEST_ID_KEY, call.request_id), *_traced(call.trace), *told])


def _traced(trace: Trace | None) -> list[tuple[str, str]]:
    return [] if trace is None else [(TRACEPARENT, trace.header)]


def fail(context: GrpcContext, error: VitrineError, request_id: str, trace: Trace | None = None) -> None:
    """Make the error the call's answer."""
    status = rich_status(error, request_id)
    context.set_code(status_of(error).grpc)
    context.set_details(status.message)
    details = (STATUS_DETAILS_KEY, status.SerializeToString())
    context.set_trailing_metadata([(REQUEST_ID_KEY, request_id), *_traced(trace), details])

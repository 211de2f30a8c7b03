"""gRPC before the gateway: what Serve's proxies answer by themselves, said in our words.

Serve's proxy calls `add_services` when it starts (`grpc_servicer_functions`) and puts handlers of its own in place that
pass every call on to a gateway replica; a replica that listens itself does so too. Three things would else reach
callers as gRPC and Serve put them:

* bytes that are no message of the call: grpc.aio answers UNKNOWN with the parser's exception;
* a gateway replica that dies at work: Serve answers INTERNAL with its actor id, pid and address;
* a gateway replica whose queue is full, or that there is none of yet: a status without our details.

And one thing would not reach the gateway: that the caller of a stream left while a message was on its way.
"""

import asyncio
import inspect
from collections.abc import AsyncIterable, AsyncIterator, Callable
from contextlib import aclosing
from typing import Any, Final

import grpc
from google.protobuf.message import DecodeError
from grpc_health.v1 import health_pb2_grpc

from services.common.errors import InvalidInput, NotReady, Overloaded, VitrineError
from services.gateway.call import request_id_from
from services.gateway.lasting_context import LastingContext
from services.gateway.read_ahead import read_ahead
from services.gateway.rpc import STATUS_DETAILS_KEY, fail
from services.pb.vitrine.v1 import (
    catalog_pb2_grpc,
    jobs_pb2_grpc,
    lint_pb2_grpc,
    studio_pb2_grpc,
    trainings_pb2_grpc,
    uploads_pb2_grpc,
    usage_pb2_grpc,
    webhooks_pb2_grpc,
)

#: Stands for a request whose bytes are no message of its call.
UNREADABLE: Final = object()

#: By name, as this file knows Serve only by what it calls.
_ABANDONED: Final = "ray.serve.exceptions.RequestCancelledError"

_CODE = grpc.StatusCode
#: Statuses that only Serve sets; the gateway's own carry details beside them. Its request id says nothing: a stream
#: brings it with the first message, and the gateway may die at a later one.
_LOST: Final = frozenset({_CODE.INTERNAL, _CODE.UNKNOWN, _CODE.UNAVAILABLE})


def add_services(servicer: Any, server: Any) -> None:
    """Register all our services, and the standard health service.

    Args:
        servicer: Serve's stand-in; its methods are never called.
        server: Serve's `gRPCGenericServer`, which has a handler made for every method by its
            `service_handler_factory`.
    """
    server.service_handler_factory = _explaining(server.service_handler_factory)
    silence_abandoned(asyncio.get_running_loop())
    reader: Any = _Reader(server)
    studio_pb2_grpc.add_StudioServiceServicer_to_server(servicer, reader)
    lint_pb2_grpc.add_LintServiceServicer_to_server(servicer, reader)
    webhooks_pb2_grpc.add_WebhookServiceServicer_to_server(servicer, reader)
    jobs_pb2_grpc.add_JobServiceServicer_to_server(servicer, reader)
    uploads_pb2_grpc.add_UploadServiceServicer_to_server(servicer, reader)
    catalog_pb2_grpc.add_CatalogServiceServicer_to_server(servicer, reader)
    trainings_pb2_grpc.add_TrainingServiceServicer_to_server(servicer, reader)
    usage_pb2_grpc.add_UsageServiceServicer_to_server(servicer, reader)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, reader)


def silence_abandoned(loop: asyncio.AbstractEventLoop) -> None:
    """Keep calls whose caller left out of the log, where each would stand with a stack as a task never retrieved.

    Of a unary call that it cancels because its caller left or its time is over, Serve's proxy drops the task that
    waits for the answer (`ProxyResponseGenerator._get_unary_result`); for streams it takes care of that. What such a
    task ends with is that it was cancelled. Everything else goes on to the handler that was there.

    Args:
        loop: The proxy's.
    """
    before = loop.get_exception_handler()

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        kind = type(context.get("exception"))
        if f"{kind.__module__}.{kind.__qualname__}" == _ABANDONED and "future" in context:
            return
        if before is None:
            loop.default_exception_handler(context)
        else:
            before(loop, context)

    loop.set_exception_handler(handle)


class _Reader:
    """The server as generated code sees it; what it registers reads any bytes without an exception."""

    def __init__(self, server: Any) -> None:
        self._server = server

    def add_generic_rpc_handlers(self, handlers: Any) -> None:
        """Generated code registers the same methods a second time, by name; that is the one that is used."""

    def add_registered_method_handlers(self, service: str, handlers: dict[str, Any]) -> None:
        """Of one service, by the method's name."""
        lenient = {
            name: handler._replace(request_deserializer=_lenient(handler.request_deserializer))
            for name, handler in handlers.items()
        }
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, lenient),))


def _lenient(parse: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    def read(data: bytes) -> Any:
        try:
            return parse(data)
        except DecodeError:
            return UNREADABLE

    return read


def _explaining(factory: Callable[..., Any]) -> Callable[..., Any]:
    """Serve's factory of handlers, with each handler's last word looked at."""

    def make(service_method: str, streaming_type: Any) -> Any:
        handler = factory(service_method=service_method, streaming_type=streaming_type)

        async def stream(request: Any, context: Any) -> AsyncIterator[Any]:
            if request is UNREADABLE:
                _refuse(context, _unreadable())
                return
            async with aclosing(read_ahead(handler(request, LastingContext(context)))) as messages:
                async for message in messages:
                    yield message
            _explain(context)

        async def unary(request: Any, context: Any) -> Any:
            if request is UNREADABLE:
                _refuse(context, _unreadable())
                return b""
            if not isinstance(request, AsyncIterable):
                answer = await handler(request, context)
                _explain(context)
                return answer
            inbound = _Inbound(request)
            answer = await handler(inbound.messages(), LastingContext(context))
            if inbound.unreadable:
                _refuse(context, _unreadable())
            else:
                _explain(context)
            return answer

        return stream if inspect.isasyncgenfunction(handler) else unary

    return make


class _Inbound:
    """A caller's stream, as far as its messages can be read.

    Args:
        messages: As they come.
    """

    def __init__(self, messages: AsyncIterable[Any]) -> None:
        self._messages = messages
        self.unreadable = False

    async def messages(self) -> AsyncIterator[Any]:
        """Those before the first that can't be read; Serve tells the gateway of an error that there was no proper end.

        Raises:
            InvalidInput: A message can't be read.
        """
        async for message in self._messages:
            if message is UNREADABLE:
                self.unreadable = True
                raise _unreadable()
            yield message


def _explain(context: Any) -> None:
    """Put an error of ours where Serve set a status without having an answer of the gateway."""
    if any(key == STATUS_DETAILS_KEY for key, _ in context.trailing_metadata() or ()):
        return
    if context.code() in _LOST:
        _refuse(context, lost())
    elif context.code() is _CODE.RESOURCE_EXHAUSTED:
        _refuse(context, full())


def lost() -> VitrineError:
    """A gateway replica died at work, or there is none. Asking again is safe: each result has a key of its own."""
    return NotReady("the service lost this request before it was answered; send it again", retry_after_s=1)


def full() -> VitrineError:
    """Too many requests wait for the gateway itself."""
    return Overloaded("too many requests wait already; try again later", retry_after_s=1)


def _unreadable() -> VitrineError:
    return InvalidInput("the bytes are no message of this call; is the caller of the same version?")


def _refuse(context: Any, error: VitrineError) -> None:
    fail(context, error, request_id_from(dict(context.invocation_metadata() or ()).get("request_id")))

"""The gateway's own RPCs behind a socket, without Serve."""

import asyncio
from concurrent import futures

import grpc
from grpc_status import rpc_status

from tests.support.grpc_context import FakeContext


class ServedGateway:
    """A context manager; `address` is where.

    Args:
        api: A `GrpcApi`.
        services: Descriptors of the services that are served; their calls are unary, or answered by a stream.
    """

    def __init__(self, api, *services):
        self._api = api
        self._server = grpc.server(futures.ThreadPoolExecutor(4), options=[("grpc.so_reuseport", 0)])
        for service in services:
            handlers = {method.name: self._handler(method) for method in service.methods}
            self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service.full_name, handlers),))
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"

    def _handler(self, method):
        def answer(message, context):
            own = FakeContext(context.invocation_metadata(), context.peer())
            result = asyncio.run(getattr(self._api, method.name)(message, own))
            if own.code is not None:
                context.abort_with_status(rpc_status.to_status(own.status))
            return result

        def stream(message, context):
            own = FakeContext(context.invocation_metadata(), context.peer())
            messages = asyncio.run(_all(getattr(self._api, method.name)(message, own)))
            if own.code is not None:
                context.abort_with_status(rpc_status.to_status(own.status))
            yield from messages

        kind = grpc.unary_stream_rpc_method_handler if method.server_streaming else grpc.unary_unary_rpc_method_handler
        return kind(
            stream if method.server_streaming else answer,
            method.input_type._concrete_class.FromString,
            method.output_type._concrete_class.SerializeToString,
        )

    def __enter__(self):
        self._server.start()
        return self

    def __exit__(self, *_):
        self._server.stop(grace=None).wait()


async def _all(messages):
    return [each async for each in messages]

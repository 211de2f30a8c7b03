"""What stands before the gateway over gRPC, on a real socket, with handlers as Serve makes them."""

import asyncio
import gc
from unittest.mock import Mock

import grpc
import pytest
from ray.serve.exceptions import RequestCancelledError

from services.common.errors import InvalidInput
from services.gateway.grpc_front import add_services, silence_abandoned
from services.pb.vitrine.v1 import jobs_pb2, studio_pb2, studio_pb2_grpc
from tests.support.running_service import details_of

PARTS = ("pid", "10.0.0.9")


class ServesServer:
    """The part of Serve's `gRPCGenericServer` that is met here: a handler of Serve's for every method.

    Args:
        behave: Called with the context of every call, as the gateway's replica would be.
    """

    def __init__(self, behave):
        self.server = grpc.aio.server()
        self._behave = behave

    def service_handler_factory(self, service_method, streaming_type):
        async def stream(request, context):
            yield studio_pb2.StreamShotResponse().SerializeToString()
            self._behave(context)

        async def unary(request, context):
            self._behave(context)
            return b""

        async def collected(requests, context):
            self.received = []
            try:
                async for each in requests:
                    self.received.append(each)
            except InvalidInput:
                self.received.append("broken")  # as Serve's proxy, which tells the replica so
            self._behave(context)
            return b""

        return {False: unary, True: stream, "in": collected}[streaming_type]

    def add_generic_rpc_handlers(self, handlers):
        [handler] = handlers
        found = {
            name: each._replace(
                response_serializer=None,
                unary_unary=self.service_handler_factory(service_method=name, streaming_type=False),
                unary_stream=self.service_handler_factory(service_method=name, streaming_type=True),
                stream_unary=self.service_handler_factory(service_method=name, streaming_type="in"),
            )
            for name, each in handler._method_handlers.items()
        }
        handler._method_handlers = found
        self.server.add_generic_rpc_handlers(handlers)


@pytest.fixture
def ask():
    async def call(behave, request=None, method="CreateShot"):
        serve = ServesServer(behave)
        add_services(Mock(), serve)  # as Serve does
        port = serve.server.add_insecure_port("127.0.0.1:0")
        await serve.server.start()
        try:
            async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
                metadata = [("request_id", "r-1")]
                if request is not None:
                    return await channel.unary_unary(f"/vitrine.v1.StudioService/{method}")(request, metadata=metadata)
                if method == "StreamShot":
                    stub = studio_pb2_grpc.StudioServiceStub(channel)
                    stream = stub.StreamShot(studio_pb2.StreamShotRequest(), metadata=metadata)
                    return [each async for each in stream]
                return await studio_pb2_grpc.StudioServiceStub(channel).CreateShot(
                    studio_pb2.CreateShotRequest(), metadata=metadata
                )
        except grpc.RpcError as error:
            return error
        finally:
            await serve.server.stop(0)

    return lambda *args, **options: asyncio.wait_for(call(*args, **options), 20)


def failing(code, text="", **trailing):
    def behave(context):
        context.set_code(code)
        context.set_details(text)
        context.set_trailing_metadata([(name.replace("_", "-"), value) for name, value in trailing.items()])

    return behave


@pytest.mark.parametrize("method", ["CreateShot", "StreamShot"])
async def test_replica_that_died_is_told_without_its_whereabouts(ask, method):
    error = await ask(failing(grpc.StatusCode.INTERNAL, "The actor died: pid 7, ip 10.0.0.9"), method=method)
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert details_of(error)["ErrorInfo"].reason == "NOT_READY"
    assert details_of(error)["RequestInfo"].request_id == "r-1"
    assert not any(part in error.details() for part in PARTS)


async def test_replica_that_died_after_its_first_message_is_told_without_its_whereabouts(ask):
    died = failing(grpc.StatusCode.INTERNAL, "The actor died: pid 7, ip 10.0.0.9", x_request_id="r-1")
    error = await ask(died, method="StreamShot")
    assert details_of(error)["ErrorInfo"].reason == "NOT_READY"
    assert not any(part in error.details() for part in PARTS)


async def test_full_queue_tells_when_to_come_back(ask):
    error = await ask(failing(grpc.StatusCode.RESOURCE_EXHAUSTED, "Request dropped due to backpressure"))
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert details_of(error)["ErrorInfo"].reason == "OVERLOADED"
    assert details_of(error)["RetryInfo"].retry_delay.seconds == 1


@pytest.mark.parametrize("code", [grpc.StatusCode.INTERNAL, grpc.StatusCode.RESOURCE_EXHAUSTED])
async def test_answer_of_the_gateway_passes_as_it_is(ask, code):
    error = await ask(failing(code, "our own words", grpc_status_details_bin=b""))
    assert (error.code(), error.details()) == (code, "our own words")


async def test_good_answer_passes_as_it_is(ask):
    assert await ask(lambda _: None) == studio_pb2.CreateShotResponse()


@pytest.mark.parametrize("method", ["CreateShot", "StreamShot"])
async def test_bytes_that_are_no_message_never_reach_the_gateway(ask, method):
    reached = []
    error = await ask(reached.append, request=b"\x0a\xff\xff\xff", method=method)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert details_of(error)["ErrorInfo"].reason == "INVALID_INPUT"
    assert not reached


async def send_items(behave, *messages):
    """The stand-in for Serve, and the answer to a stream of bytes."""
    serve = ServesServer(behave)
    add_services(Mock(), serve)
    port = serve.server.add_insecure_port("127.0.0.1:0")
    await serve.server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            call = channel.stream_unary("/vitrine.v1.JobService/AddJobItems")
            return serve, await call(iter(messages), timeout=20)
    except grpc.RpcError as error:
        return serve, error
    finally:
        await serve.server.stop(0)


ITEM = jobs_pb2.AddJobItemsRequest(job_id="j1", items=[{"key": "a"}])


async def test_stream_of_a_caller_reaches_the_gateway():
    serve, answer = await send_items(lambda _: None, ITEM.SerializeToString(), ITEM.SerializeToString())
    assert (serve.received, answer) == ([ITEM, ITEM], b"")


async def test_bytes_in_a_stream_that_are_no_message_end_it_with_a_word():
    behave = failing(grpc.StatusCode.CANCELLED, "the caller left", x_request_id="r-1")
    serve, error = await send_items(behave, ITEM.SerializeToString(), b"\x0a\xff\xff\xff", ITEM.SerializeToString())
    assert serve.received == [ITEM, "broken"]
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert details_of(error)["ErrorInfo"].reason == "INVALID_INPUT"


async def test_replica_that_died_over_a_stream_is_told_without_its_whereabouts():
    _, error = await send_items(failing(grpc.StatusCode.INTERNAL, "pid 7, ip 10.0.0.9"), ITEM.SerializeToString())
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert not any(part in error.details() for part in PARTS)


async def test_caller_of_a_stream_who_leaves_is_noticed_and_the_call_can_still_be_asked_who_it_was():
    peers, left = [], asyncio.Event()

    class Serve(ServesServer):
        def service_handler_factory(self, service_method, streaming_type):
            async def stream(request, context):
                try:
                    while True:
                        yield studio_pb2.StreamShotResponse().SerializeToString()
                        await asyncio.sleep(0)
                except asyncio.CancelledError:
                    await asyncio.sleep(0.1)  # the call is gone by now
                peers.append(context.peer())
                left.set()

            return stream if streaming_type is True else super().service_handler_factory(service_method, streaming_type)

    serve = Serve(None)
    add_services(Mock(), serve)
    port = serve.server.add_insecure_port("127.0.0.1:0")
    await serve.server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        call = studio_pb2_grpc.StudioServiceStub(channel).StreamShot(studio_pb2.StreamShotRequest())
        await call.read()
        call.cancel()
        await asyncio.wait_for(left.wait(), 20)
    await serve.server.stop(0)
    assert peers[0].startswith("ipv4:127.0.0.1:")


async def complaints(error, wanted):
    """What a loop says of a task that failed with `error` and that nobody waited for."""
    loop, told, done = asyncio.get_running_loop(), [], asyncio.Event()

    def tell(_, context):
        told.append(context["exception"])
        done.set()

    async def fail():
        raise error

    before = loop.get_exception_handler()
    loop.set_exception_handler(tell)
    try:
        silence_abandoned(loop)
        task = asyncio.create_task(fail())
        await asyncio.wait([task])
        del task
        gc.collect()
        if wanted:
            await done.wait()
        return told
    finally:
        loop.set_exception_handler(before)


async def test_call_whose_caller_left_is_no_complaint():
    assert await complaints(RequestCancelledError("r1"), wanted=False) == []


async def test_any_other_task_that_nobody_waited_for_is_a_complaint():
    error = ValueError("a bug")
    assert await complaints(error, wanted=True) == [error]

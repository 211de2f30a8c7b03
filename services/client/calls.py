"""Calls made, and made again where that may help."""

import uuid
from collections.abc import Callable
from typing import Any

import grpc
from google.protobuf.message import Message as ProtoMessage

from services.client.errors import from_rpc_error
from services.client.patience import Patience
from services.client.steps import Call, Flow, Method, Next, Open, Pause
from services.pb.vitrine.v1 import studio_pb2


class Calls:
    """Makes calls to one service.

    Args:
        address: Host and port, for messages.
        timeout_s: For calls that name none, all attempts together, in seconds.
        max_attempts: How often a call is made at most, when trying again may help.
    """

    def __init__(self, address: str, timeout_s: float, max_attempts: int) -> None:
        self._address = address
        self._timeout_s = timeout_s
        self._max_attempts = max_attempts

    def _patience(self, timeout_s: float | None) -> Patience:
        return Patience(self._timeout_s if timeout_s is None else timeout_s, self._max_attempts)

    def _call(self, method: Method, request: ProtoMessage, patience: Patience, key: str = "") -> Flow[Any]:
        """Make a unary call; where the caller gives no `key` of its own, the request's id makes repetitions safe."""
        request_id = uuid.uuid4().hex
        while True:
            try:
                return (yield Call(method, request, patience.remaining_s, request_id, key))
            except grpc.RpcError as error:
                pause_s = self._pause_after(error, patience)
            yield Pause(pause_s)
            _shorten(request, patience)

    def _receive(
        self, method: Method, request: ProtoMessage, patience: Patience, take: Callable[[Any], Flow[None]]
    ) -> Flow[None]:
        """Receive a stream; it is begun again only while nothing of it was handed on."""
        request_id = uuid.uuid4().hex
        while True:
            call = None
            begun = False
            try:
                call = yield Open(method, request, patience.remaining_s, request_id)
                while (message := (yield Next(call))) is not None:
                    begun = True
                    yield from take(message)
            except grpc.RpcError as error:
                if begun:
                    raise from_rpc_error(error, self._address) from error
                pause_s = self._pause_after(error, patience)
            else:
                return
            finally:
                if call is not None:
                    call.cancel()
            yield Pause(pause_s)
            _shorten(request, patience)

    def _pause_after(self, error: grpc.RpcError, patience: Patience) -> float:
        fault = from_rpc_error(error, self._address)
        pause_s = patience.pause_after(fault)
        if pause_s is None:
            raise fault from error
        return pause_s


def _shorten(request: Any, patience: Patience) -> None:
    """A repeated request asks for the time that is left, where it asked for a time at all."""
    request = request.shot if isinstance(request, studio_pb2.StreamShotRequest) else request
    if "timeout" in request.DESCRIPTOR.fields_by_name and request.HasField("timeout"):
        request.timeout.FromNanoseconds(int(patience.remaining_s * 1e9))

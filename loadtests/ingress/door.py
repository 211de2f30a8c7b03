"""One way into a service, and what comes back by it where things are not as they should be."""

import json
import time
from concurrent.futures import ThreadPoolExecutor, wait
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any, Final

import grpc
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from loadtests.ingress.caller import form
from services.gateway.rpc import STATUS_DETAILS_KEY
from services.pb.vitrine.v1 import catalog_pb2, catalog_pb2_grpc, studio_pb2, studio_pb2_grpc

_TIMEOUT_S: Final = 60.0
#: Until calls that were sent are at the replica, and those that were given up are not.
_SETTLES_S: Final = 0.5
LOOPBACK: Final = "127.0.0.1"


class Door:
    """A way in.

    Args:
        http_port: On this machine.
        grpc_port: On this machine.
        key: Of a tenant.
    """

    def __init__(self, http_port: int, grpc_port: int, key: str) -> None:
        self._http_port = http_port
        self._grpc_port = grpc_port
        self._authorization = f"Bearer {key}"
        self._metadata = [("authorization", self._authorization)]

    def too_many_headers(self) -> str:
        """One header of 17 KB."""
        return self.over_http("GET", "/v1/scenes", headers={"X-Big": "x" * (17 << 10)})

    def unreadable_message(self) -> str:
        """Bytes that are no message."""
        with grpc.insecure_channel(f"{LOOPBACK}:{self._grpc_port}") as channel:
            call = channel.unary_unary("/vitrine.v1.CatalogService/ListScenes")
            return _outcome(lambda: call(b"\xff\xff", metadata=self._metadata, timeout=_TIMEOUT_S))

    def listed(self, host: str, *, key: bool = True) -> str:
        """Scenes, asked for over gRPC.

        Args:
            host: Address of this machine; callers have the same.
            key: Whether the caller has one.
        """
        metadata = self._metadata if key else []
        with grpc.insecure_channel(f"{host}:{self._grpc_port}") as channel:
            stub = catalog_pb2_grpc.CatalogServiceStub(channel)
            return _outcome(
                lambda: stub.ListScenes(catalog_pb2.ListScenesRequest(), metadata=metadata, timeout=_TIMEOUT_S)
            )

    def full(self, places: int) -> tuple[str, str]:
        """What HTTP and gRPC say while streams hold all places of a replica, and a call of each waits already.

        Args:
            places: Of the replica; one call may wait.
        """
        with grpc.insecure_channel(f"{LOOPBACK}:{self._grpc_port}") as channel, ThreadPoolExecutor() as pool:
            watch = health_pb2_grpc.HealthStub(channel).Watch
            streams = []
            for _ in range(places):  # one after the other, as each waits for a moment
                streams.append(watch(health_pb2.HealthCheckRequest()))
                next(streams[-1])
            waiting = pool.submit(self.over_http, "GET", "/v1/scenes"), pool.submit(self.listed, LOOPBACK)
            time.sleep(_SETTLES_S)
            told = self.over_http("GET", "/v1/scenes"), self.listed(LOOPBACK)
            for each in streams:
                each.cancel()
            wait(waiting)
        time.sleep(_SETTLES_S)
        return told

    def leave_stream(self, photo: bytes) -> None:
        """Have a shot made, and go when its first stage begins."""
        with grpc.insecure_channel(f"{LOOPBACK}:{self._grpc_port}") as channel:
            shot = studio_pb2.CreateShotRequest(image={"content": photo}, scene_id="marble")
            stub = studio_pb2_grpc.StudioServiceStub(channel)
            call = stub.StreamShot(studio_pb2.StreamShotRequest(shot=shot), metadata=self._metadata)
            next(call)
            call.cancel()

    def cutout_over_http(self, photo: bytes) -> str:
        """Of a photo."""
        body, media_type = form(photo, {})
        return self.over_http("POST", "/v1/cutouts", body, {"Content-Type": media_type})

    def cutout_over_grpc(self, photo: bytes) -> str:
        """Of a photo."""
        with grpc.insecure_channel(f"{LOOPBACK}:{self._grpc_port}") as channel:
            stub = studio_pb2_grpc.StudioServiceStub(channel)
            request = studio_pb2.CreateCutoutRequest(image={"content": photo})
            return _outcome(lambda: stub.CreateCutout(request, metadata=self._metadata, timeout=_TIMEOUT_S))

    def over_http(self, method: str, path: str, body: bytes | None = None, headers: Any = None) -> str:
        """Status and, of an error, its code in our words or how it is said."""
        connection = HTTPConnection(LOOPBACK, self._http_port, timeout=_TIMEOUT_S)
        try:
            connection.request(method, path, body, {"Authorization": self._authorization} | (headers or {}))
            answer = connection.getresponse()
            return _told(answer, answer.read())
        except (HTTPException, OSError) as error:
            return f"the connection breaks ({type(error).__name__})"
        finally:
            connection.close()


def _told(answer: HTTPResponse, body: bytes) -> str:
    if answer.status < 400:
        return str(answer.status)
    kind = answer.headers.get("content-type", "no media type")
    code = f"`{json.loads(body)['code']}`" if kind == "application/problem+json" else kind
    return f"{answer.status}, {code}"


def _outcome(call: Any) -> str:
    """Code and, of an error, its reason in our words or that there is none."""
    try:
        call()
    except grpc.RpcError as error:
        known: Any = error
        trailing = dict(known.trailing_metadata() or ())
        reason = "without details"
        if STATUS_DETAILS_KEY in trailing:
            info = error_details_pb2.ErrorInfo()
            for each in status_pb2.Status.FromString(trailing[STATUS_DETAILS_KEY]).details:
                if each.Unpack(info):
                    reason = f"`{info.reason.lower()}`"
        return f"{known.code().name}, {reason}"
    return "OK"

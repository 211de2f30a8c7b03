"""A caller with a connection of its own, over HTTP or gRPC, with as little of a client as there is."""

import http.client
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

import grpc

from services.pb.vitrine.v1 import catalog_pb2, catalog_pb2_grpc, studio_pb2, studio_pb2_grpc

#: Next to no work, and a small answer; a photo comes whole and is refused; a picture goes back.
LIST, UPLOAD, CUTOUT = "list", "upload", "cutout"
KINDS: Final = (LIST, UPLOAD, CUTOUT)
#: There is none, which is found out when the whole request has been read.
_NO_SCENE: Final = "none-such"
_TIMEOUT_S: Final = 120.0
_NOT_FOUND: Final = 404


class Caller(Protocol):
    """Makes calls, one after the other."""

    def call(self, kind: str) -> None:
        """Make one and read its answer.

        Raises:
            RuntimeError: It is not the answer that there should be.
        """

    def close(self) -> None:
        """Hang up."""


class HttpCaller:
    """Over HTTP.

    Args:
        port: On this machine.
        key: Of a tenant.
        photo: The file that is sent.
    """

    def __init__(self, port: int, key: str, photo: bytes) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)
        self._headers = {"Authorization": f"Bearer {key}"}
        self._wanted = {
            LIST: ("GET", "/v1/scenes", None, "", 200),
            UPLOAD: ("POST", "/v1/shots", *form(photo, {"scene_id": _NO_SCENE}), _NOT_FOUND),
            CUTOUT: ("POST", "/v1/cutouts", *form(photo, {}), 200),
        }

    def call(self, kind: str) -> None:
        """See `Caller`."""
        method, path, body, media_type, status = self._wanted[kind]
        headers = self._headers | ({"Content-Type": media_type, "Accept": "image/png"} if media_type else {})
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != status:
            raise RuntimeError(f"{kind} over HTTP came to {answer.status}: {content[:300]!r}")

    def close(self) -> None:
        """See `Caller`."""
        self._connection.close()


class GrpcCaller:
    """Over gRPC.

    Args:
        port: On this machine.
        key: Of a tenant.
        photo: The file that is sent.
    """

    def __init__(self, port: int, key: str, photo: bytes) -> None:
        # Else all channels of a process to one address share a connection.
        options = [("grpc.use_local_subchannel_pool", 1)]
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=options)
        self._metadata = [("authorization", f"Bearer {key}")]
        studio, image = studio_pb2_grpc.StudioServiceStub(self._channel), {"content": photo}
        self._calls: Mapping[str, tuple[Callable[..., Any], Any]] = {
            LIST: (
                catalog_pb2_grpc.CatalogServiceStub(self._channel).ListScenes,
                catalog_pb2.ListScenesRequest(),
            ),
            UPLOAD: (studio.CreateShot, studio_pb2.CreateShotRequest(image=image, scene_id=_NO_SCENE)),
            CUTOUT: (studio.CreateCutout, studio_pb2.CreateCutoutRequest(image=image)),
        }

    def call(self, kind: str) -> None:
        """See `Caller`."""
        method, request = self._calls[kind]
        wanted = grpc.StatusCode.NOT_FOUND if kind == UPLOAD else grpc.StatusCode.OK
        try:
            method(request, metadata=self._metadata, timeout=_TIMEOUT_S)
            code, details = grpc.StatusCode.OK, ""
        except grpc.RpcError as error:
            code, details = error.code(), error.details()
        if code is not wanted:
            raise RuntimeError(f"{kind} over gRPC came to {code}: {details[:300]}")

    def close(self) -> None:
        """See `Caller`."""
        self._channel.close()


CALLERS: Final[Mapping[str, Callable[[int, str, bytes], Caller]]] = {"HTTP": HttpCaller, "gRPC": GrpcCaller}


def form(photo: bytes, fields: Mapping[str, str]) -> tuple[bytes, str]:
    """A form with the photo as a file, and its media type."""
    mark = "vitrine-ingress-boundary"
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--{mark}\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n'
    file = f"{head}Content-Type: image/jpeg\r\n\r\n".encode() + photo + b"\r\n"
    return b"".join([*parts, file, f"--{mark}--\r\n".encode()]), f"multipart/form-data; boundary={mark}"

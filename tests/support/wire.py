"""Sends inputs as their bytes are, and reads whatever comes back."""

import http.client
import json
import socket
from dataclasses import dataclass, field

import grpc

from tests.support.running_service import PATIENCE_S, details_of


@dataclass(frozen=True)
class Answer:
    """What came back.

    Args:
        status: HTTP's number or gRPC's code; None when the server hung up.
        code: Our own name of the error; empty for a result, and where the answer does not tell.
        text: Everything of it that could tell too much.
    """

    status: int | grpc.StatusCode | None
    code: str = ""
    text: str = field(default="", repr=False)


def send_http(port, given):
    """The answer to an `HttpInput`."""
    headers = given.headers
    if not any(name in ("Content-Length", "Transfer-Encoding") for name, _ in headers):
        headers = [*headers, ("Content-Length", str(len(given.body)))]
    lines = [f"{given.method} {given.path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close"]
    head = "\r\n".join(lines + [f"{name}: {value}" for name, value in headers]) + "\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as wire:
        try:
            wire.sendall(head.encode("utf-8", "surrogateescape") + given.body)
            if given.broken:
                wire.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it was refused unread; its answer may still be there
        return _read(wire)


def _read(wire):
    response = http.client.HTTPResponse(wire)
    try:
        response.begin()
        body = response.read()
    except (http.client.HTTPException, ConnectionResetError):
        return Answer(None)
    kind = response.headers.get("content-type", "")
    text = str(response.headers) + ("" if kind.startswith("image/") else body.decode(errors="replace"))
    code = ""
    if kind == "application/problem+json":
        code = json.loads(body)["code"]
    return Answer(response.status, code, text)


def send_grpc(channel, given):
    """The answer to a `GrpcInput`."""
    path = f"/vitrine.v1.StudioService/{given.method}"
    call = channel.unary_stream(path)(given.message, metadata=given.metadata, timeout=PATIENCE_S)
    try:
        text = str(len(list(call)))
    except grpc.RpcError as error:
        trailing = dict(error.trailing_metadata())
        told = "grpc-status-details-bin" in trailing
        code = details_of(error)["ErrorInfo"].reason.lower() if told else ""
        return Answer(error.code(), code, f"{error.details()} {trailing}")
    return Answer(grpc.StatusCode.OK, "", text)

"""A gRPC call's context that may be asked after its call has ended."""

from typing import Any


class LastingContext:
    """Answers `peer` from memory, and passes everything else on.

    Serve's proxy asks for the peer when it has finished a call, for its access log. A call whose caller left is gone by
    then, and grpc.aio reads the peer from memory that was freed with it: a segmentation fault (grpcio 1.85.1).

    Args:
        context: grpc.aio's own, of a call that still runs.
    """

    def __init__(self, context: Any) -> None:
        self._context = context
        self._peer: str = context.peer()

    def peer(self) -> str:
        """The caller's address, as grpc writes it."""
        return self._peer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

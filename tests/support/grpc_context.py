"""Serve's context and input stream of a gRPC call, as far as they are used."""

from google.rpc import status_pb2

from services.gateway.rpc import STATUS_DETAILS_KEY

LOCAL, ELSEWHERE = "ipv4:127.0.0.1:4000", "ipv4:203.0.113.9:4000"


class FakeContext:
    """Attributes: what was set, `code`, `details` and `trailing`."""

    def __init__(self, metadata=(), peer=LOCAL):
        self.metadata, self.caller = list(metadata), peer
        self.code, self.details, self.trailing = None, "", [("request_id", "made-by-serve")]

    def peer(self):
        return self.caller

    def invocation_metadata(self):
        return self.metadata

    def trailing_metadata(self):
        return self.trailing

    def set_code(self, code):
        self.code = code

    def set_details(self, details):
        self.details = details

    def set_trailing_metadata(self, metadata):
        self.trailing = self.trailing[:1] + metadata

    @property
    def status(self):
        return status_pb2.Status.FromString(dict(self.trailing)[STATUS_DETAILS_KEY])


class FakeStream:
    """Serve's input stream: gives messages, raises errors, and may end as if its caller had left."""

    def __init__(self, *messages, cancelled=False):
        self.messages, self.cancelled = list(messages), cancelled

    async def __anext__(self):
        if not self.messages:
            raise StopAsyncIteration
        message = self.messages.pop(0)
        if isinstance(message, Exception):
            raise message
        return message

    def is_cancelled(self):
        return self.cancelled

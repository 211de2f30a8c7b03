"""A POST to an ASGI application whose caller can hang up, which httpx's transport can't."""

import asyncio
import json


class AsgiCall:
    """Under way as soon as it is made; needs a running event loop.

    Args:
        app: The application.
        path: With its query.
        body: Sent as JSON.
        accept: Kind of answer.

    Attributes:
        text: What has come of the answer's body.
        open: Whether more of it may come.
        answer: A task that ends when the application has answered.
    """

    def __init__(self, app, path, body, accept):
        path, _, query = path.partition("?")
        headers = {b"accept": accept.encode(), b"content-type": b"application/json"}
        scope = {
            "type": "http", "method": "POST", "path": path, "query_string": query.encode(), "root_path": "",
            "headers": list(headers.items()), "client": ("127.0.0.1", 4000), "server": ("testserver", 80),
            "scheme": "http", "http_version": "1.1", "asgi": {"version": "3.0"},
        }  # fmt: skip
        self.text, self.open = "", True
        self._came = asyncio.Condition()
        self._received = asyncio.Queue()
        self._received.put_nowait({"type": "http.request", "body": json.dumps(body).encode(), "more_body": False})
        self.answer = asyncio.create_task(app(scope, self._received.get, self._send))

    async def said(self, text):
        """Wait for a text in the answer's body."""
        async with self._came:
            await self._came.wait_for(lambda: text in self.text or not self.open)
        assert text in self.text

    async def hang_up(self):
        """Leave, and wait for the application to be done with it."""
        self._received.put_nowait({"type": "http.disconnect"})
        await self.answer

    async def _send(self, message):
        if message["type"] == "http.response.body":
            async with self._came:
                self.text += message["body"].decode()
                self.open = message["more_body"]
                self._came.notify_all()

"""Whoever is told by webhooks: a small HTTP server on loopback that verifies with the library what it gets."""

import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import trustme
from standardwebhooks import Webhook, WebhookVerificationError


class Consumer:
    """A context manager; answers POSTs at `url`.

    Attributes that a test may set: `secret`, verified with if it is set, 401 for what fails; `statuses`, answered
    first, one per message, else 204; `headers`, sent along; `stalls`, whether answers never come.
    `messages` holds what was verified, decoded; `requests` headers (names in lower case) and body of all that came.
    `most_at_once`: requests that were here at the same time.

    Args:
        secret: The attribute.
        name: Speaks TLS, with a certificate for this name that `trust` trusts; None: it speaks without.
    """

    def __init__(self, secret=None, name=None):
        self.secret = secret
        self.statuses, self.headers, self.stalls = [], {}, False
        self.messages, self.requests = [], []
        self.ended, self.arrived = threading.Event(), threading.Event()
        self._lock, self._here, self.most_at_once = threading.Lock(), 0, 0
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.consumer = self
        self.place = f"{name or '127.0.0.1'}:{self._server.server_port}"
        self.url = f"{'https' if name else 'http'}://{self.place}/hooks?token=abc"
        if name:
            authority, tls = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert(name).configure_cert(tls)
            self.trust = ssl.create_default_context()
            authority.configure_trust(self.trust)
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)

    @property
    def ids(self):
        """Of all messages that came, in order."""
        return [headers["webhook-id"] for headers, _ in self.requests]

    def take(self, headers, body):
        """The status that a request is answered with."""
        with self._lock:
            self._here += 1
            self.most_at_once = max(self._here, self.most_at_once)
            self.requests.append((headers, body))
            status = self.statuses.pop(0) if self.statuses else 204
        self.arrived.set()
        if self.stalls:
            self.ended.wait()
        if self.secret is not None:
            try:
                self.messages.append(Webhook(self.secret).verify(body, headers))
            except WebhookVerificationError:
                status = 401
        with self._lock:
            self._here -= 1
        return status

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    consumer = None
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Say nothing: senders that leave are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        consumer = self.server.consumer
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = consumer.take({name.lower(): value for name, value in self.headers.items()}, body)
        self.send_response(status)
        for name, value in ({"Content-Length": "0"} | consumer.headers).items():
            self.send_header(name, value)
        self.end_headers()

    def do_GET(self):
        self.server.consumer.requests.append(({"method": "GET"}, b""))
        self.send_error(405)

    def log_message(self, format, *args):  # noqa: A002 (the base class names it so)
        pass

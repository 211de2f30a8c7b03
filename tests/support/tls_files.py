"""An https server on loopback that gives one file out, well or badly."""

import re
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import trustme


class TlsFiles:
    """Serves `content` under every path; a context manager.

    Attributes that a test may set: `cuts`, how many answers break off, each after `cut_after` bytes; `ranges`, whether
    Range is understood; `etag`; `redirect_to`, sent instead of the file; `statuses`, answered first, one per request.
    `headers`, sent along; `tells_length`, whether the answer says how long it is; `stalls`, whether its second half
    never comes. `requests` holds the headers of all requests so far.

    Args:
        content: The file.
        host: Whom the certificate is for.
    """

    def __init__(self, content, host="localhost"):
        self.content = content
        self.cuts, self.cut_after = 0, len(content) // 2
        self.ranges, self.etag = True, '"v1"'
        self.redirect_to = None
        self.statuses = []
        self.requests = []
        self.headers, self.tells_length, self.stalls = {}, True, False
        self.ended = threading.Event()
        authority = trustme.CA()
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(host).configure_cert(tls)
        self.trust = ssl.create_default_context()
        authority.configure_trust(self.trust)
        self.ca_pem = authority.cert_pem.bytes().decode()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.files = self
        self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_port
        self.url = f"https://{host}:{self._server.server_port}/file"

    def start(self, headers):
        """First byte that an answer to these headers sends."""
        found = re.fullmatch(r"bytes=(\d+)-", headers.get("Range", ""))
        return int(found[1]) if found and self.ranges and headers.get("If-Range") == self.etag else 0

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    files = None

    def handle_error(self, request, client_address):
        """Say nothing: clients that refuse the certificate are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        files = self.server.files
        files.requests.append(dict(self.headers))
        if files.statuses:
            self.answer(files.statuses.pop(0), b"")
        elif files.redirect_to:
            self.answer(302, b"", {"Location": files.redirect_to})
        else:
            self.send_file(files)

    def send_file(self, files):
        start = files.start(self.headers)
        extent = {"Content-Range": f"bytes {start}-{len(files.content) - 1}/{len(files.content)}"} if start else {}
        cut = files.cut_after if files.cuts else None
        files.cuts = max(0, files.cuts - 1)
        self.answer(
            206 if start else 200, files.content[start:], extent | ({"ETag": files.etag} if files.etag else {}), cut
        )

    def answer(self, status, body, headers=None, cut=None):
        self.send_response(status)
        files = self.server.files
        length = {"Content-Length": str(len(body))} if files.tells_length else {}
        for name, value in ((headers or {}) | length | files.headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.close_connection = True
        if files.stalls:
            self.wfile.write(body[: len(body) // 2])
            files.ended.wait()
        else:
            self.wfile.write(body[:cut])

    def log_message(self, format, *args):  # noqa: A002 (the base class names it so)
        pass

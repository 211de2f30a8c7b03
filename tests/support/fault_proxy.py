"""An HTTP proxy before a server, which does to chosen requests what networks and servers do on bad days."""

import http.client
import http.server
import socket
import threading
import time
from urllib.parse import urlsplit


class FaultProxy:
    """Hands requests on to a server; each of `faults` befalls one request, in order.

    `fault_of` has faults that befall every request with a certain text in its path.

    Faults are:
        "ok": none.
        "error": 503, nothing handed on.
        "refuse": the connection is closed at once.
        "stall": no answer until `reset`.
        "truncate": the first half of the answer's body, then the connection is closed.
        "stall body": the same, but then nothing more comes.
        "trickle": the answer's body byte by byte, several a second.
        "damage": the answer's first byte is another.
        "lose answer": the request is carried out, its answer gets lost.
    """

    def __init__(self, upstream):
        self._upstream = urlsplit(upstream).netloc
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self.reset()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def reset(self):
        """Let go of what stalls, and begin anew without faults."""
        self._ended.set()
        self._ended = threading.Event()
        self.faults = []
        self.fault_of = {}
        self.requests = []

    def __exit__(self, *_):
        self.reset()
        self._server.shutdown()
        self._server.server_close()

    def _handler(proxy):  # noqa: N805 - `self` is the handler's
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                with proxy._lock:
                    ended = proxy._ended
                    fault = proxy.faults.pop(0) if proxy.faults else "ok"
                    fault = next((each for text, each in proxy.fault_of.items() if text in self.path), fault)
                    proxy.requests.append((self.command, self.path, fault))
                proxy._befall(self, fault, body, ended)

            do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_any  # noqa: N815 - the base class looks them up

            def log_message(self, format, *args):  # noqa: A002 - the base class names it so
                pass

        return Handler

    def _befall(self, handler, fault, body, ended):
        if fault in ("refuse", "stall"):
            if fault == "stall":
                ended.wait()
            return self._hang_up(handler)
        if fault == "error":
            return self._answer(handler, 503, [], b"<Error><Code>SlowDown</Code></Error>", fault, ended)
        status, headers, content = self._forward(handler, body)
        if fault == "lose answer":
            return self._hang_up(handler)
        if fault == "damage":
            content = bytes([content[0] ^ 1]) + content[1:]
        return self._answer(handler, status, headers, content, fault, ended)

    def _forward(self, handler, body):
        upstream = http.client.HTTPConnection(self._upstream)
        # The host as the caller signed it.
        upstream.request(handler.command, handler.path, body, dict(handler.headers))
        answer = upstream.getresponse()
        content = answer.read()
        upstream.close()
        return answer.status, answer.getheaders(), content

    def _answer(self, handler, status, headers, content, fault, ended):
        handler.send_response(status)
        told = {name.lower(): value for name, value in headers}
        for name, value in told.items():
            if name not in ("transfer-encoding", "connection", "date", "server", "content-length"):
                handler.send_header(name, value)
        length = told.get("content-length", len(content)) if handler.command == "HEAD" else len(content)
        handler.send_header("Content-Length", str(length))
        handler.end_headers()
        if handler.command == "HEAD":
            return
        if fault == "trickle":
            self._trickle(handler, content, ended)
        elif fault in ("truncate", "stall body"):
            handler.wfile.write(content[: len(content) // 2])
            handler.wfile.flush()
            if fault == "stall body":
                ended.wait()
            self._hang_up(handler)
        else:
            handler.wfile.write(content)

    def _trickle(self, handler, content, ended):
        for value in content:
            if ended.is_set():
                break
            handler.wfile.write(bytes([value]))
            handler.wfile.flush()
            time.sleep(0.2)
        self._hang_up(handler)

    def _hang_up(self, handler):
        handler.close_connection = True
        try:
            handler.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the caller was faster

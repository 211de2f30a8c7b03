"""An HTTP server that takes files by PUT, as a store does at a signed address."""

import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class PutServer:
    """A context manager.

    Attributes:
        files: What was taken, by path, with the headers it came with.
        statuses: Answered first, one each, while there are any; what they answer is not taken.
        url: Where it is.
    """

    def __init__(self):
        self.files, self.statuses = {}, deque()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self):
                content = self.rfile.read(int(self.headers["Content-Length"]))
                status = server.statuses.popleft() if server.statuses else 200
                if status == 200:
                    server.files[self.path] = (content, dict(self.headers))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                """Nothing, on standard error least of all."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

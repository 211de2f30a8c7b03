"""An ASGI application behind a real socket, for clients that know nothing of tests."""

import socket
import threading
from contextlib import contextmanager

import uvicorn


@contextmanager
def listening():
    """A socket on a port that nobody else has, and the address of what will be served there."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener, f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def served(app, listener):
    """Serve the application from a thread while the body runs."""
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=5))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()

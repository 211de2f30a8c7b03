"""A service in a process of its own, from `with` until it has ended in order."""

import os
import signal
import subprocess
import time
from contextlib import contextmanager

import httpx

from tests.support.running_service import PATIENCE_S


@contextmanager
def child_service(command, environment, log_path, base_url, stop=signal.SIGTERM):
    """Start a command, wait until the service at an address is ready, and stop it behind.

    Args:
        command: What to run.
        environment: Beside this process's own.
        log_path: File that gets all it says.
        base_url: Where it answers.
        stop: The signal that it ends on.
    """
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            command, env=os.environ | environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        _wait_until_ready(base_url, log_path)
        yield base_url
    finally:
        process.send_signal(stop)
        try:
            # It lets every deployment drain first, which busy machines take long for.
            process.wait(3 * PATIENCE_S)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _wait_until_ready(base_url, log_path):
    limit = time.monotonic() + 3 * PATIENCE_S
    while time.monotonic() < limit:
        try:
            if httpx.get(f"{base_url}/readyz", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.5)
    raise AssertionError(log_path.read_text()[-3000:])

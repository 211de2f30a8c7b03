"""`vitrine serve` as a child process, for commands that need a service and end with it."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from services.client import Health, Vitrine
from services.common.errors import NotReady, VitrineError

if TYPE_CHECKING:
    from services.common.settings import Settings

#: A service that drains takes a while; one that takes longer than this hangs.
STOP_TIMEOUT_S = 60.0
POLL_S = 0.5
#: Unbuffered, so that the log's last line is the last that was said.
SERVE_COMMAND = (sys.executable, "-u", "-m", "services.cli", "serve")


class ServiceProcess:
    """The service, from `with` to its end, whatever ends it.

    Args:
        settings: Its ports.
        data_dir: Where it keeps results.
        log: File that its output goes to; replaced.
        command: What to run; gets the ports as options.
        environment: Variables beside this process's own.
    """

    def __init__(
        self,
        settings: "Settings",
        data_dir: Path,
        log: Path,
        command: Sequence[str] = SERVE_COMMAND,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.address = f"127.0.0.1:{settings.grpc.port}"
        self._log = log
        self._environment = dict(environment or {})
        self._command = [
            *command, "--data-dir", str(data_dir.resolve()),
            "--host", settings.http.host, "--http-port", str(settings.http.port),
            "--grpc-port", str(settings.grpc.port), "--metrics-port", str(settings.ray.metrics_port),
        ]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The child's process id; None before it was started."""
        return self._process.pid if self._process else None

    def __enter__(self) -> Self:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        # A session of its own, so that Ctrl-C reaches only us and the service is then stopped in order.
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                self._command,
                env=os.environ | self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End it in order, or by force when it hangs; does nothing when it has ended."""
        process = self._process
        if process is None:
            return
        # Another Ctrl-C must not leave the service behind.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            process.terminate()
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            pass
        finally:
            # Whatever it started and did not stop is of its group; mostly nothing.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            signal.signal(signal.SIGINT, before)

    def wait_ready(self, timeout_s: float) -> float:
        """Wait until the service takes work.

        Returns:
            Seconds that took.

        Raises:
            NotReady: It ended, or was not ready after `timeout_s`; the message holds the last it said.
        """
        began = time.monotonic()
        said = "nobody answers yet"
        with Vitrine(self.address, max_attempts=1) as vitrine:
            while time.monotonic() - began < timeout_s:
                code = self._process.poll() if self._process else None
                if code is not None:
                    raise NotReady(
                        f"the service ended (exit {code}): {self._last_words()}; all it said is in {self._log}"
                    )
                try:
                    health = vitrine.health()
                except VitrineError as error:
                    said = error.message
                else:
                    if health is Health.SERVING:
                        return time.monotonic() - began
                    said = f"it says {health}"
                time.sleep(POLL_S)
        raise NotReady(f"the service was not ready after {timeout_s:g} s ({said}); what it did is in {self._log}")

    def _last_words(self) -> str:
        lines = [line.strip() for line in self._log.read_text("utf-8", "replace").splitlines() if line.strip()]
        return lines[-1][:300] if lines else "it said nothing"

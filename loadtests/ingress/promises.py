"""Which of the service's promises hold by which way in: Serve's proxy, HAProxy, and replicas' own ports.

    python -m loadtests.ingress.promises [--docs docs/operations.md]

A real service is started for each front, one after the other, and asked through the front and past it for what goes
wrong: headers that are too many, bytes that are no message, callers without a key from here and from elsewhere, a full
queue, a caller who leaves a stream, a gateway replica that is killed at work.
"""

import argparse
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import psutil
import ray

from loadtests.ingress.door import LOOPBACK, Door
from loadtests.ingress.front import DIRECT, FRONTS, HAPROXY, PROXY, Front
from loadtests.ingress.service import serving
from loadtests.markdown import put_section, table
from loadtests.photo import photo_of
from services.common.settings import Settings

PROGRAM: Final = "loadtests.ingress.promises"
_PATIENCE_S: Final = 30.0
#: A queue that is soon full; callers of this machine need no key.
_PLACES: Final = 4
_SECTIONS: Final[Mapping[str, Any]] = {
    "gateway": {"max_ongoing_requests": _PLACES, "max_queued_requests": 1},
    "tenants": {"require_keys": False},
}


class Examination:
    """Of a service that runs.

    Args:
        settings: Of the service.
        doors: By name.
        pid: The service's first process.
        photo: The file that is sent.
    """

    def __init__(self, settings: Settings, doors: Mapping[str, Door], pid: int, photo: bytes) -> None:
        self._metrics = f"http://{LOOPBACK}:{settings.ray.metrics_port}/metrics"
        self._doors = doors
        self._pid = pid
        self._photo = photo

    def run(self) -> dict[str, dict[str, str]]:
        """What came, by promise and door."""
        elsewhere = ray.util.get_node_ip_address()
        found: dict[str, dict[str, str]] = {}
        for name, door in self._doors.items():
            full_http, full_grpc = door.full(_PLACES)
            told = {
                "headers of 17 KB, HTTP": door.too_many_headers(),
                "bytes that are no message, gRPC": door.unreadable_message(),
                "a caller of this machine without a key": door.listed(LOOPBACK, key=False),
                "a caller from elsewhere without a key": door.listed(elsewhere, key=False),
                "a full queue, HTTP": full_http,
                "a full queue, gRPC": full_grpc,
                "a stream that its caller leaves": self._left(door),
            }
            for promise, outcome in told.items():
                found.setdefault(promise, {})[name] = outcome
        return found | self._killed()

    def _left(self, door: Door) -> str:
        """Whether the gateway learns that a caller left."""
        before = self._cancelled()
        door.leave_stream(self._photo)
        limit = time.monotonic() + _PATIENCE_S
        while self._cancelled() == before:
            if time.monotonic() > limit:
                return "goes on"
            time.sleep(0.5)
        return "is stopped"

    def _cancelled(self) -> float:
        with urllib.request.urlopen(self._metrics) as answer:  # noqa: S310 - our own address
            page = answer.read().decode()
        lines = [line for line in page.splitlines() if line.startswith("ray_vitrine_requests_total{")]
        return sum(
            float(line.rpartition(" ")[2])
            for line in lines
            if 'method="StreamShot"' in line and 'outcome="cancelled"' in line
        )

    def _killed(self) -> dict[str, dict[str, str]]:
        """Everybody has a cutout made when the gateway's replica dies."""
        with ThreadPoolExecutor() as pool:
            http = {name: pool.submit(door.cutout_over_http, self._photo) for name, door in self._doors.items()}
            grpc = {name: pool.submit(door.cutout_over_grpc, self._photo) for name, door in self._doors.items()}
            time.sleep(0.5)
            for process in psutil.Process(self._pid).children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    if " ".join(process.cmdline()).startswith("ray::ServeReplica:vitrine:Gateway"):
                        process.kill()
            found = {
                "a replica that dies at work, HTTP": {name: call.result() for name, call in http.items()},
                "a replica that dies at work, gRPC": {name: call.result() for name, call in grpc.items()},
            }
        front, limit = next(iter(self._doors.values())), time.monotonic() + _PATIENCE_S
        while front.listed(LOOPBACK) != "OK" and time.monotonic() < limit:
            time.sleep(0.5)
        then = {name: door.listed(LOOPBACK) for name, door in self._doors.items()}
        return found | {"a call when it has a successor, gRPC": then}


def examined(front: Front, port: int, photo: bytes, log: Path) -> dict[str, dict[str, str]]:
    """Start a service with that in front, and ask it for everything."""
    print(front.title, file=sys.stderr, flush=True)
    with serving(front, port, log, {"RAY_metrics_report_interval_ms": "1000"}, _SECTIONS) as service:
        doors = {name: Door(*ports, service.key) for name, ports in front.doors(service.settings).items()}
        return Examination(service.settings, doors, service.pid, photo).run()


def main(words: Sequence[str] | None = None) -> None:
    """As asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=18_000, help="The first of 300 ports.")
    parser.add_argument("--out", type=Path, default=Path("out/ingress"), help="Folder for logs.")
    parser.add_argument("--docs", type=Path, help="Such as docs/operations.md: put the table there.")
    options = parser.parse_args(words)
    options.out.mkdir(parents=True, exist_ok=True)
    photo = photo_of(2.0, Settings().limits.image)
    found = {
        front.name: examined(front, options.port, photo, options.out / f"promises-{front.name}.log") for front in FRONTS
    }
    lines = [
        (promise, by[PROXY.name], by[DIRECT], found[HAPROXY.name][promise][HAPROXY.name])
        for promise, by in found[PROXY.name].items()
    ]
    text = table(("", PROXY.title, "a replica's own ports", HAPROXY.title), lines)
    if options.docs is not None:
        put_section(text, PROGRAM, options.docs)
    print(text)


if __name__ == "__main__":
    main()

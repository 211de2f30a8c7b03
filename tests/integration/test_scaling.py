"""A stage sleeps while nobody needs it, wakes for callers, grows with them and sleeps again; nobody is refused."""

import sys
import threading
import time
from pathlib import Path

import httpx
import psutil
import pytest

from tests.support.child_service import child_service
from tests.support.running_service import PATIENCE_S, free_ports

pytestmark = pytest.mark.service

#: Follows load within a second or two, which costs more reports than a service would want.
SCALING = {
    "MIN_REPLICAS": "0", "MAX_REPLICAS": "2", "LOOK_BACK_PERIOD_S": "1", "UPSCALE_DELAY_S": "1",
    "DOWNSCALE_DELAY_S": "2", "DOWNSCALE_TO_ZERO_DELAY_S": "2", "THREADS": "1", "CUTOUTS_MB": "0",
}  # fmt: skip


class SmallService:
    """A service whose Segment may sleep, in processes of its own.

    Args:
        base_url: Where it answers.
        data_dir: Its directory, by which its processes are known.
    """

    def __init__(self, base_url, data_dir):
        self.base_url = base_url
        self._mark = ("VITRINE_DATA_DIR", str(data_dir))

    def replicas(self):
        """Pids of Segment's replicas."""
        return {
            each.pid for each in psutil.process_iter(["cmdline", "environ"])
            if " ".join(each.info["cmdline"] or []).startswith("ray::ServeReplica:vitrine:Segment")
            and self._mark in (each.info["environ"] or {}).items()
        }  # fmt: skip

    def stages(self):
        """What `/readyz` tells of the stages; it has to be ready all along."""
        answer = httpx.get(f"{self.base_url}/readyz", timeout=PATIENCE_S)
        assert answer.status_code == 200, answer.text
        return answer.json()["stages"]

    def wait_until(self, condition):
        """Until that is true, asking `/readyz` as probes do."""
        limit = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < limit, (self.replicas(), self.stages())
            self.stages()
            time.sleep(0.25)


class Callers:
    """So many who each make one cutout after the other, and never ask twice for the same."""

    def __init__(self, service, photo, count):
        self.answers = []
        self._ended = threading.Event()
        self._service, self._photo = service, photo
        self._threads = [threading.Thread(target=self._run) for _ in range(count)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _run(self):
        while not self._ended.is_set():
            answer = httpx.post(
                f"{self._service.base_url}/v1/cutouts", files={"image": ("a.jpg", self._photo)}, timeout=PATIENCE_S
            )
            self.answers.append((answer.status_code, answer.json().get("code")))


@pytest.fixture
def service(tmp_path):
    http, grpc_port, metrics = free_ports(3)
    variables = {
        "VITRINE_DATA_DIR": str(tmp_path), "VITRINE_HTTP__PORT": str(http), "VITRINE_GRPC__PORT": str(grpc_port),
        "VITRINE_RAY__METRICS_PORT": str(metrics), "VITRINE_RAY__OBJECT_STORE_MB": "200",
        "VITRINE_RAY__LOAD_REPORT_S": "0.4", **{f"VITRINE_SEGMENT__{name}": text for name, text in SCALING.items()},
    }  # fmt: skip
    command = [str(Path(sys.executable).with_name("vitrine")), "serve"]
    with child_service(command, variables, tmp_path / "log", f"http://127.0.0.1:{http}") as base_url:
        yield SmallService(base_url, tmp_path)


def test_stage_goes_from_none_to_one_to_more_to_none_and_no_request_is_lost(service, photo):
    assert service.stages()["segment"] == "asleep"
    assert not service.replicas()
    with Callers(service, photo, count=1) as first:
        service.wait_until(lambda: first.answers)
        service.wait_until(lambda: service.stages()["segment"] == "ready")
    with Callers(service, photo, count=4) as more:
        service.wait_until(lambda: len(service.replicas()) == 2)
        answered = len(more.answers)
        service.wait_until(lambda: len(more.answers) > answered)
    service.wait_until(lambda: service.stages()["segment"] == "asleep")
    service.wait_until(lambda: not service.replicas())
    assert set(first.answers + more.answers) == {(200, None)}

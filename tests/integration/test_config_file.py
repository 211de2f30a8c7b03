"""deploy/cpu.yaml runs as it is, started as its first lines say."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
import yaml

from tests.support.running_service import PATIENCE_S, free_ports

pytestmark = pytest.mark.service
CONFIG = Path("deploy/cpu.yaml")
#: What a shell starts in the background ignores Ctrl-C, and so would all that it starts in turn.
HEARS_CTRL_C = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.fixture
def config_file_service(tmp_path):
    """Base URL of the service that the file describes, moved to free ports and a directory of its own."""
    http, grpc_port = free_ports(2)
    config = yaml.safe_load(CONFIG.read_text())
    config["http_options"]["port"] = http
    config["grpc_options"]["port"] = grpc_port
    config["applications"][0]["args"] |= {
        "http": {"port": http}, "grpc": {"port": grpc_port}, "data_dir": str(tmp_path / "data")
    }  # fmt: skip
    moved = tmp_path / "cpu.yaml"
    moved.write_text(yaml.safe_dump(config))
    command = [sys.executable, "-c", HEARS_CTRL_C, Path(sys.executable).with_name("serve"), "run", moved]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            command, env={**os.environ, "RAY_ADDRESS": "local"}, stdout=log, stderr=log, start_new_session=True
        )
    yield f"http://127.0.0.1:{http}", tmp_path / "log"
    process.send_signal(signal.SIGINT)
    try:
        # `serve run` lets every deployment drain before it ends, which busy machines take long for.
        process.wait(3 * PATIENCE_S)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_until_ready(base_url, log):
    limit = time.monotonic() + 2 * PATIENCE_S
    while time.monotonic() < limit:
        try:
            if httpx.get(f"{base_url}/readyz", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.5)
    raise AssertionError(log.read_text()[-3000:])


def test_config_file_runs_the_same_application(config_file_service, photo):
    base_url, log = config_file_service
    wait_until_ready(base_url, log)
    answer = httpx.post(
        f"{base_url}/v1/shots", files={"image": ("a.jpg", photo)}, data={"scene_id": "white"}, timeout=PATIENCE_S
    )
    assert answer.status_code == 200
    assert answer.json()["preservation"]["identical"] is True

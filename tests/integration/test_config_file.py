"""deploy/cpu.yaml runs as it is, started as its first lines say."""

import signal
import sys
from pathlib import Path

import httpx
import pytest
import yaml

from tests.support.child_service import child_service
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
    with child_service(
        command, {"RAY_ADDRESS": "local"}, tmp_path / "log", f"http://127.0.0.1:{http}", stop=signal.SIGINT
    ) as base_url:
        yield base_url


def test_config_file_runs_the_same_application(config_file_service, photo):
    answer = httpx.post(
        f"{config_file_service}/v1/shots",
        files={"image": ("a.jpg", photo)},
        data={"scene_id": "white"},
        timeout=PATIENCE_S,
    )
    assert answer.status_code == 200
    assert answer.json()["preservation"]["identical"] is True

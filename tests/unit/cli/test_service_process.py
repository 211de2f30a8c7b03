"""The child process, with a small program in the service's place."""

import contextlib
import os
import sys

import pytest

from services.cli.service_process import ServiceProcess
from services.common.errors import NotReady
from services.common.settings import GrpcSettings, Settings
from tests.unit.client.test_clients import free_port

OBEDIENT = "import sys, time; print('up', flush=True); time.sleep(600)"
BROKEN = "import sys; print('first', flush=True); sys.exit('vitrine: no weights')"


@pytest.fixture
def process(tmp_path):
    def make(program):
        settings = Settings(grpc=GrpcSettings(port=free_port()))
        return ServiceProcess(settings, tmp_path, tmp_path / "out" / "service.log", [sys.executable, "-c", program])

    return make


def test_service_that_ends_early_is_told_with_its_last_words(process):
    with process(BROKEN) as service, pytest.raises(NotReady, match=r"exit 1\): vitrine: no weights"):
        service.wait_ready(30)


def test_service_that_never_gets_ready_is_told_with_its_log(process):
    with process(OBEDIENT) as service, pytest.raises(NotReady, match=r"not ready after 0\.2 s.*service\.log"):
        service.wait_ready(0.2)


def test_service_is_gone_after_the_with_block_also_on_ctrl_c(process):
    service = process(OBEDIENT)
    with contextlib.suppress(KeyboardInterrupt), service:
        raise KeyboardInterrupt
    with pytest.raises(ProcessLookupError):
        os.kill(service.pid, 0)


def test_stop_twice_is_stop_once(process):
    with process(OBEDIENT) as service:
        service.stop()
        service.stop()

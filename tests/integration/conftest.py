"""The running service."""

import pytest

from services.app import LocalService
from tests.support.running_service import RunningService, small_service_settings


@pytest.fixture(scope="session")
def service(tmp_path_factory):
    """The real service on this machine: Ray, Serve, four deployments, both protocols."""
    settings = small_service_settings(tmp_path_factory.mktemp("service"))
    with LocalService(settings) as local:
        running = RunningService(settings, local.logs_dir)
        yield running
        running.close()

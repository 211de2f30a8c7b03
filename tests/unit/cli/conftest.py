import json
from types import SimpleNamespace

import pytest
import structlog
from typer.testing import CliRunner

from services.cli.main import app
from tests.support.canned_service import CannedService, RunningService


@pytest.fixture(autouse=True)
def logs_as_before():
    """The command line sets logging up for its process, which here goes on."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def service():
    return CannedService()


@pytest.fixture
def address(service):
    with RunningService(service) as running:
        yield running.address


@pytest.fixture
def vitrine(monkeypatch, tmp_path):
    """Runs `vitrine` with arguments in an empty folder; the result has `exit_code`, `stdout`, `stderr` and `json`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments):
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if not isinstance(result.exception, SystemExit | None):
            raise result.exception
        parsed = json.loads(result.stdout) if "--json" in arguments and result.stdout else None
        return SimpleNamespace(exit_code=result.exit_code, stdout=result.stdout, stderr=result.stderr, json=parsed)

    return run


@pytest.fixture
def photos(tmp_path):
    """Two files that pass for photos, the service being a canned one."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("cup.jpg", "shoe.jpg"):
        (folder / name).write_bytes(name.encode())
    return folder

import json
import os

import pytest
from typer.testing import CliRunner

from services.cli.main import app

DAY_S = 86_400


@pytest.fixture
def directory(tmp_path, monkeypatch):
    """A blob directory with one result of two days ago and one of now."""
    monkeypatch.setenv("VITRINE_DATA_DIR", str(tmp_path))
    shots = tmp_path / "blobs" / "shots"
    shots.mkdir(parents=True)
    for name in ("old.jpg", "new.jpg"):
        (shots / name).write_bytes(b"12345")
    then = (shots / "old.jpg").stat().st_mtime - 2 * DAY_S
    os.utime(shots / "old.jpg", (then, then))
    return shots


def sweep(*options):
    return CliRunner().invoke(app, ["blobs", "sweep", *options])


def test_sweep_removes_what_is_older(directory):
    answer = sweep("--days", "1", "--json")
    assert json.loads(answer.stdout) == {"files": 1, "size_bytes": 5, "removed": True}
    assert [path.name for path in directory.iterdir()] == ["new.jpg"]


def test_dry_run_only_tells(directory):
    assert "1 files" in sweep("--days", "1", "--dry-run").stdout
    assert len(list(directory.iterdir())) == 2


def test_bucket_is_left_to_its_rules(directory, monkeypatch):
    monkeypatch.setenv("VITRINE_STORAGE__BACKEND", "s3")
    monkeypatch.setenv("VITRINE_STORAGE__S3__BUCKET", "shots")
    answer = sweep("--days", "1")
    assert answer.exit_code != 0
    assert "life-cycle" in answer.output

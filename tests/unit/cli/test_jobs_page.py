"""docs/jobs.md: its commands run, its example runs, its lists can be read, its states are all there are."""

import re
import shlex
from pathlib import Path

import pytest

from services.api.jobs import ItemState, JobState
from services.jobs.manifest import read_lines
from services.pb.vitrine.v1 import jobs_pb2
from tests.support.canned_jobs import item
from tests.support.canned_service import PICTURE
from tests.support.put_server import PutServer

PAGE = Path("docs/jobs.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS = re.findall(r"^(?:JOB=\$\()?vitrine (.*?)\)?$", "\n".join(text for _, text in BLOCKS), re.MULTILINE)
LISTS = [text for _, text in BLOCKS if text.startswith(("key,", '{"key"'))]
[EXAMPLE] = [text for kind, text in BLOCKS if kind == "python"]


@pytest.fixture
def world(service, address, photos, tmp_path, monkeypatch):
    """A service at the address that the page's commands ask, with a job that has ended, and the page's files."""
    monkeypatch.setenv("VITRINE_GRPC__PORT", address.rpartition(":")[2])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "items.csv").write_text(LISTS[0])
    (tmp_path / "recipe.json").write_text('{"scene_id": "marble", "thresholds": {"ghost": 0.1}}')
    job = jobs_pb2.Job(job_id="j1", state=jobs_pb2.Job.DONE, counts={"total": 1, "succeeded": 1})
    changes = [
        jobs_pb2.WatchJobResponse(version=1, item=item(0, "cup")),
        jobs_pb2.WatchJobResponse(version=2, job=job),
    ]
    service.jobs.watches = [changes]
    with PutServer() as server:
        service.jobs.upload_url = server.url
        yield service


def test_page_has_commands():
    assert len(COMMANDS) >= 15


@pytest.mark.parametrize("command", COMMANDS)
def test_command_runs(world, vitrine, command):
    ran = vitrine(*shlex.split(command.replace("$JOB", "j1")))
    assert ran.exit_code == 0, ran.stderr


def test_example_runs(world, address, tmp_path):
    exec(EXAMPLE.replace("127.0.0.1:9000", address), {})  # noqa: S102 # the page's own code
    assert (tmp_path / "cup.jpg").read_bytes() == PICTURE
    assert [each.image.blob_key for each in world.jobs.specs] == ["uploads/local/u1", "uploads/local/u2"]


@pytest.mark.parametrize("text", LISTS, ids=["csv", "jsonl"])
def test_lists_say_the_same(text):
    first, second = read_lines(text.encode(), None, "shot")
    assert (first.error, second.error) == (None, None)
    assert (first.spec.key, second.spec.shot.scene_id) == ("cup", "podium")


def test_every_state_is_told():
    told = set(re.findall(r"^\| `([A-Z]+)` \|", PAGE, re.MULTILINE))
    assert told == {each.value for each in (*JobState, *ItemState)}

"""Steps are shown while a picture is drawn, and previews become files."""

import pytest
from rich.progress import Progress

from services.cli.batch import Job
from services.cli.previews import Previews
from services.client import CreateShotResponse, DenoisingStep
from services.common.errors import Internal


@pytest.fixture
def shoot(vitrine, address, photos):
    return lambda *arguments: vitrine(
        "shoot", photos / "cup.jpg", "-s", "marble", "--address", address, "--steps", 10, *arguments
    )


def test_previews_lie_in_a_folder_of_their_own(shoot, service, tmp_path):
    assert shoot("--preview-every", 4).exit_code == 0
    assert service.requests[0].preview_every == 4
    files = sorted((tmp_path / "out" / "previews").iterdir())
    assert [file.name for file in files] == ["cup-marble-1-004.jpg", "cup-marble-1-008.jpg"]
    assert files[0].read_bytes() == service.preview
    assert (tmp_path / "out" / "cup-marble.jpg").is_file()


def test_folder_alone_asks_for_previews(shoot, tmp_path):
    shoot("--previews", tmp_path / "seen")
    assert [file.name for file in sorted((tmp_path / "seen").iterdir())] == [
        "cup-marble-1-005.jpg",
        "cup-marble-1-010.jpg",
    ]


def test_folder_that_cannot_be_written_fails_the_picture(shoot, photos):
    ran = shoot("--previews", photos / "cup.jpg", "--json")
    assert ran.exit_code == 1
    assert "can't be written" in ran.json[0]["error"]["message"]


class Told:
    """A client whose stream tells these events; keeps what the bars showed after each."""

    def __init__(self, bars, *events):
        self.bars, self.events, self.shown = bars, events, []

    async def stream_shot(self, photo, scene, **options):
        for event in self.events:
            yield event
            self.shown += [(task.description, task.completed, task.total) for task in self.bars.tasks if task.visible]


@pytest.fixture
def watched(tmp_path):
    return Previews(tmp_path, 2, Progress(disable=True)), Job(tmp_path / "cup.jpg", "marble", tmp_path / "cup.jpg")


async def test_bar_counts_the_steps_and_goes_with_the_picture(watched):
    previews, job = watched
    steps = [DenoisingStep(step=step, steps=2) for step in (1, 2)]
    vitrine = Told(previews.bars, *steps, CreateShotResponse(seed=7))
    assert (await previews.shot(vitrine, job, {})).seed == 7
    assert vitrine.shown == [("cup: step", 1, 2), ("cup: step", 2, 2)]
    assert not previews.bars.tasks


async def test_stream_without_a_picture_is_a_fault(watched):
    previews, job = watched
    with pytest.raises(Internal, match="without a picture"):
        await previews.shot(Told(previews.bars), job, {})

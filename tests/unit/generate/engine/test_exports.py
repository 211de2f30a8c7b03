import multiprocessing

import pytest

from services.common.errors import ModelUnavailable
from services.generate.diffusion.checkpoint import Checkpoint
from services.generate.engine.exports import ExportJob, ExportProcess, Exports
from services.generate.engine.spec import Part
from tests.support.tiny_checkpoint import write_tiny_checkpoint

PARTS = (Part.UNET, Part.VAE_DECODER)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return Checkpoint.read(write_tiny_checkpoint(tmp_path_factory.mktemp("tiny")))


@pytest.fixture
def job(checkpoint):
    return ExportJob(checkpoint, "a" * 64, PARTS)


class Writing:
    """Writes some bytes for each part, or fails on the way."""

    def __init__(self, fails=False):
        self.jobs, self._fails = [], fails

    def __call__(self, job, folder):
        self.jobs.append(job)
        for part in job.parts:
            (folder / f"{part}.onnx").write_bytes(part.encode() * 100)
            if self._fails:
                raise ModelUnavailable("can't be traced")


def test_export_is_made_once(job, tmp_path):
    writing = Writing()
    found = [Exports(tmp_path, writing).get(job) for _ in range(2)]
    assert found[0] == found[1]
    assert found[0][Part.UNET].read_bytes().startswith(b"unet")
    assert len(writing.jobs) == 1


@pytest.mark.parametrize(
    "changes", [{"sha256": "b" * 64}, {"parts": (Part.UNET,)}, {"dtype": "float16"}], ids=["sha256", "parts", "dtype"]
)
def test_another_job_is_another_export(checkpoint, job, tmp_path, changes):
    writing = Writing()
    exports = Exports(tmp_path, writing)
    exports.get(job)
    exports.get(ExportJob(**({"checkpoint": checkpoint, "sha256": "a" * 64, "parts": PARTS} | changes)))
    assert len(writing.jobs) == 2


@pytest.mark.parametrize("damage", ["bit", "short", "gone", "digests"])
def test_damaged_export_is_made_anew(job, tmp_path, damage):
    writing = Writing()
    path = Exports(tmp_path, writing).get(job)[Part.VAE_DECODER]
    whole = path.read_bytes()
    if damage == "gone":
        path.unlink()
    elif damage == "digests":
        (path.parent / "digests.json").write_text("[]")
    else:
        path.write_bytes(whole[:-1] if damage == "short" else bytes([whole[0] ^ 1]) + whole[1:])
    assert Exports(tmp_path, writing).get(job)[Part.VAE_DECODER].read_bytes() == whole
    assert len(writing.jobs) == 2


def test_export_that_fails_leaves_nothing(job, tmp_path):
    with pytest.raises(ModelUnavailable, match="traced"):
        Exports(tmp_path, Writing(fails=True)).get(job)
    assert [path.suffix for path in tmp_path.iterdir()] == [".lock"]


def test_directory_that_can_not_be_written_is_told(job, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ModelUnavailable, match="can't be written"):
        Exports(tmp_path / "file" / "below", Writing()).get(job)


def test_process_tells_why_it_failed_in_our_words(checkpoint, tmp_path):
    gone = ExportJob(checkpoint, "a" * 64, ("no part",))
    with pytest.raises(ModelUnavailable, match="died"):
        ExportProcess(timeout_s=200).write(gone, tmp_path)


def test_process_that_takes_too_long_is_ended(job, tmp_path):
    with pytest.raises(ModelUnavailable, match="longer than 0"):
        ExportProcess(timeout_s=0.01).write(job, tmp_path)
    assert multiprocessing.active_children() == []

"""Trainings on a tiny checkpoint, with a real store: what is kept, and that whoever goes on with it ends the same."""

import pytest

from services.common.errors import NotFound, StorageUnavailable, UnsupportedMedia
from services.common.image import ImageLimits
from services.common.settings import Settings
from services.factory.factory import StyleFactory
from services.factory.schema import StoredPicture, TrainingPlan, TrainingTask
from services.factory.watch import Stopped, Watch, Why
from services.factory.workshop import Workshop
from services.storage.local import LocalBlobs
from services.storage.signature import Signature
from tests.support.diffusion import soft_picture
from tests.support.photos import encoded
from tests.support.tiny_checkpoint import write_catalog, write_tiny_checkpoint

PLAN = TrainingPlan(steps=4, rank=2, learning_rate=1e-2, batch=2, seed=3, save_every=2)
PICTURES = (StoredPicture("uploads/acme/a.png", "a red cup"), StoredPicture("uploads/acme/b.png", "a blue cup"))


@pytest.fixture(scope="module")
def factory(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiny")
    catalog = write_catalog(write_tiny_checkpoint(folder / "checkpoint"), folder / "catalog.yaml")
    return StyleFactory.open(
        Settings(
            models={"cache_dir": folder / "cache", "catalog": catalog},
            generate={"engine": "diffusion", "diffusion": {"checkpoint": "tiny"}},
        )
    )


class Parts:
    """A workshop, its store, and what was noted of its states."""

    def __init__(self, factory, folder):
        self.blobs = LocalBlobs(folder / "blobs", Signature(b"k" * 32), "http://testserver", 60)
        for seed, picture in enumerate(PICTURES):
            self.blobs.put(picture.key, encoded(soft_picture(seed, (80, 80)), "PNG"), "image/png")
        self.workshop = Workshop(factory, self.blobs, ImageLimits(1 << 20, 1_000_000), sample_steps=1)
        self.kept, self.saved = [], {}

    def keep(self, _, key, step):
        self.kept.append((key, step))
        self.saved[key] = self.blobs.get(key)

    def make(self, watch=None, fence=1, kept_key="", pictures=PICTURES):
        task = TrainingTask("t1", "acme", fence, "linen", "", pictures, PLAN, kept_key)
        return self.workshop.make(task, watch or Watch(), self.keep)

    def states(self):
        return sorted(each.key for each in self.blobs.under("trainings") if each.key.endswith(".safetensors"))


@pytest.fixture
def parts(factory, tmp_path):
    return Parts(factory, tmp_path)


@pytest.fixture(scope="module")
def whole(factory, tmp_path_factory):
    """What a training that nobody stopped came to."""
    return Parts(factory, tmp_path_factory.mktemp("whole")).make()


class NotingWatch(Watch):
    """Remembers every step."""

    def __init__(self):
        super().__init__()
        self.steps = []

    def tell(self, step, loss):
        self.steps.append(step)
        super().tell(step, loss)


class StoppingWatch(Watch):
    """Is told to stop after so many steps."""

    def __init__(self, last, stop):
        super().__init__()
        self.last, self.stopping = last, stop

    def tell(self, step, loss):
        if step == self.last:
            self.stopping(self)
        super().tell(step, loss)


def drain(watch):
    watch.stop(Why.DRAINED)


def test_style_is_made_with_what_there_is_to_see(parts):
    made = parts.make()
    assert (made.style.style_id, made.style.rank, made.style.networks) == ("linen", 2, ("unet",))
    assert (made.style.checkpoint, made.style.size_bytes) == ("tiny 1", len(made.data))
    assert parts.blobs.get(made.seen.loss_plot.key).startswith(b"\x89PNG")
    assert made.seen.sample_sheet.width > 300
    assert [step for _, step in parts.kept] == [2, 4]
    assert parts.states() == [parts.kept[-1][0]], "the state before went"


def test_drained_training_keeps_the_step_that_it_took_last_and_ends_the_same_elsewhere(parts, whole):
    with pytest.raises(Stopped):
        parts.make(StoppingWatch(3, drain))
    key, step = parts.kept[-1]
    assert step == 3
    watch = Watch()
    assert parts.make(watch, 2, key).style.sha256 == whole.style.sha256
    assert watch.step == 4


def test_killed_training_goes_on_from_what_was_kept_and_ends_the_same(parts, whole):
    parts.make()
    key, step = parts.kept[0]
    assert step == 2
    parts.blobs.put(key, parts.saved[key], "application/octet-stream")  # as it was when the process was killed
    watch = NotingWatch()
    assert parts.make(watch, 2, key).style.sha256 == whole.style.sha256
    assert watch.steps == [3, 4]


def test_cancelled_training_keeps_nothing_more(parts):
    with pytest.raises(Stopped):
        parts.make(StoppingWatch(1, lambda watch: watch.stop(Why.CANCELLED)))
    assert (parts.kept, parts.states()) == ([], [])


@pytest.mark.parametrize("spoil", ["gone", "damaged", "another's"])
def test_state_that_is_of_no_use_lets_the_training_begin_anew(parts, whole, spoil):
    with pytest.raises(Stopped):
        parts.make(StoppingWatch(2, drain), pictures=PICTURES[:1] if spoil == "another's" else PICTURES)
    key, _ = parts.kept[-1]
    if spoil == "gone":
        parts.blobs.delete([key])
    if spoil == "damaged":
        parts.blobs.put(key, b"none", "application/octet-stream")
    assert parts.make(fence=2, kept_key=key).style.sha256 == whole.style.sha256


def test_store_that_does_not_take_a_state_costs_no_training(parts, whole, monkeypatch):
    def away(*_):
        raise StorageUnavailable("away")

    monkeypatch.setattr(parts.blobs, "put_file", away)
    assert parts.make().style.sha256 == whole.style.sha256
    assert parts.kept == []


@pytest.mark.parametrize(("data", "error"), [(None, NotFound), (b"no picture", UnsupportedMedia)])
def test_picture_that_was_taken_away_or_replaced_is_told_with_its_field(parts, data, error):
    key = PICTURES[1].key
    if data is None:
        parts.blobs.delete([key])
    else:
        parts.blobs.put(key, data, "image/png")
    with pytest.raises(error, match=r"pictures\.1\.blob_key"):
        parts.make()


def test_files_of_an_ended_training_go_but_for_what_can_be_seen(parts):
    made = parts.make()
    parts.workshop.clear("acme", "t1", made.seen)
    left = sorted(each.key for each in parts.blobs.under("trainings"))
    assert left == sorted([made.seen.loss_plot.key, made.seen.sample_sheet.key])
    parts.workshop.clear("acme", "t1")
    assert list(parts.blobs.under("trainings")) == []

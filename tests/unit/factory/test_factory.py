"""A few steps on a tiny checkpoint: that a style comes of it that fits, and that it is the same however it came."""

from dataclasses import replace

import pytest
from PIL import Image
from safetensors.torch import load

from services.common.errors import InvalidInput
from services.common.settings import Settings
from services.factory.factory import StyleFactory, StyleFiles
from services.factory.schema import TrainingPicture, TrainingPlan
from tests.support.diffusion import soft_picture
from tests.support.tiny_checkpoint import write_catalog, write_tiny_checkpoint

PLAN = TrainingPlan(steps=4, rank=2, learning_rate=1e-2, batch=2, seed=3, save_every=2)
PICTURES = [
    TrainingPicture(soft_picture(seed, size_hw), caption)
    for seed, size_hw, caption in ((1, (64, 64), "a red cup"), (2, (64, 64), "a blue cup"))
]


class Stopped(Exception):
    """Somebody pulls the plug."""


@pytest.fixture(scope="module", params=[False, True], ids=["sd", "sdxl"])
def factory(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiny")
    catalog = write_catalog(write_tiny_checkpoint(folder / "checkpoint", xl=request.param), folder / "catalog.yaml")
    return StyleFactory.open(
        Settings(
            models={"cache_dir": folder / "cache", "catalog": catalog},
            generate={"engine": "diffusion", "diffusion": {"checkpoint": "tiny"}},
        )
    )


@pytest.fixture(scope="module")
def whole(factory, tmp_path_factory):
    """What a training that nobody stopped left, and what it told."""
    files, told = StyleFiles(tmp_path_factory.mktemp("whole")), []
    factory.train(PICTURES, PLAN, files, lambda step, loss: told.append((step, loss)))
    return files, told


def test_every_step_is_told_with_its_loss(whole):
    _, told = whole
    assert [step for step, _ in told] == [1, 2, 3, 4]
    assert all(loss > 0 for _, loss in told)


def test_style_changes_attention_and_is_drawn_with(factory, whole):
    files, _ = whole
    ups = [tensor for name, tensor in load(files.adapter.read_bytes()).items() if "lora_B" in name]
    assert ups
    assert all(tensor.abs().max() > 0 for tensor in ups)
    drawn = []
    factory.sample(PICTURES, files, 2, lambda: drawn.append(1))
    assert len(drawn) == 3 * len(PICTURES)
    for file in (files.samples, files.losses):
        with Image.open(file) as picture:
            assert picture.width > 300


def test_training_that_was_stopped_ends_where_the_other_did(factory, whole, tmp_path):
    files = StyleFiles(tmp_path)

    def stop(step, loss):
        if step == 3:
            raise Stopped

    with pytest.raises(Stopped):
        factory.train(PICTURES, PLAN, files, stop)
    told = []
    factory.train(PICTURES, PLAN, files, lambda step, loss: told.append((step, loss)))
    assert told == whole[1][3:], "what there was is kept, also between two times when it would be"
    assert files.adapter.read_bytes() == whole[0].adapter.read_bytes()


@pytest.mark.parametrize("other", [replace(PLAN, seed=4), replace(PLAN, rank=3)], ids=["seed", "rank"])
def test_other_training_does_not_go_on_with_it(factory, whole, other):
    with pytest.raises(InvalidInput, match="another training"):
        factory.train(PICTURES, other, whole[0], print)


def test_training_on_other_pictures_does_not_go_on_with_it(factory, whole):
    with pytest.raises(InvalidInput, match="another training"):
        factory.train(PICTURES[:1], PLAN, whole[0], print)


def test_damaged_state_is_said_to_be_one(factory, tmp_path):
    files = StyleFiles(tmp_path)
    files.state.write_bytes(b"none")
    with pytest.raises(InvalidInput, match="damaged"):
        factory.train(PICTURES, PLAN, files, print)


def test_training_that_diverges_says_so(factory, tmp_path):
    with pytest.raises(InvalidInput, match="diverged"):
        factory.train(PICTURES, replace(PLAN, learning_rate=1e30), StyleFiles(tmp_path), lambda step, loss: None)

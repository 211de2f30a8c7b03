import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch

from services.common.alpha import OPAQUE
from services.common.camera import Camera
from services.common.deadline import Deadline
from services.common.errors import Cancelled, InvalidInput, ModelUnavailable, NotFound
from services.common.geometry import Box
from services.common.placement import Placement
from services.common.settings import GenerateSettings, ModelSettings
from services.generate.diffusion.painter import DiffusionPainter
from services.generate.schema import Drawing, DrawnStyle, GenerateRequest
from services.models.cache import ModelCache
from services.segment.schema import SegmentResult
from tests.support.adapters import adapter_data
from tests.support.diffusion import soft_picture
from tests.support.memory_blobs import MemoryBlobs
from tests.support.tiny_checkpoint import write_catalog, write_tiny_checkpoint

CANVAS_HW = (100, 130)
PLACEMENT = Placement(CANVAS_HW, Box(0, 0, 50, 60), 30, 40, 1.0, Box(30, 40, 50, 60))
PLATE = soft_picture(size_hw=CANVAS_HW)
CUTOUT = SegmentResult(
    np.full((50, 60), OPAQUE, np.uint16), soft_picture(4, (50, 60)), Box(0, 0, 50, 60), 0.9, "m", 0.1
)


def settings(**diffusion):
    return GenerateSettings(engine="diffusion", diffusion={"checkpoint": "tiny", "runner": "torch", **diffusion})


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiny")
    catalog = write_catalog(write_tiny_checkpoint(folder / "checkpoint"), folder / "catalog.yaml")
    return ModelCache(ModelSettings(cache_dir=folder / "cache", catalog=catalog))


@pytest.fixture(scope="module")
def blobs():
    return MemoryBlobs()


@pytest.fixture(scope="module")
def painter(cache, blobs):
    opened = DiffusionPainter.open(settings(), cache, blobs)
    opened.warm_up()
    yield opened
    opened.close()


def paint(painter, on_step=None, deadline=None, seed=1, **drawing):
    asked = Drawing(PLACEMENT, **({"prompt": "a red cup", "steps": 4, "deterministic": True} | drawing))
    request = GenerateRequest("marble", Camera(CANVAS_HW, 10, 30, (90, 60), 100), seed, drawing=asked)
    return painter.paint(PLATE, request, asked, CUTOUT, deadline or Deadline(), on_step)


def test_picture_has_the_size_of_the_canvas(painter):
    assert paint(painter).shape == (*CANVAS_HW, 3)


def test_same_seed_draws_the_same_and_another_one_another(painter):
    first, again, other = paint(painter), paint(painter), paint(painter, seed=2)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_much_of_a_plate_stays_where_it_is_to_stay(painter):
    near, free = (paint(painter, plate_strength=strength, steps=20) for strength in (0.95, 0.0))
    away = [np.abs(picture[:25].astype(float) - PLATE[:25]).mean() for picture in (near, free)]
    assert away[0] < away[1]


def test_every_step_is_told_and_some_with_a_preview_in_the_canvas_shape(painter):
    told = []
    paint(painter, told.append, preview_every=2, steps=5)
    assert [done.step for done in told] == [1, 2, 3, 4, 5]
    previews = [done.preview for done in told if done.preview is not None]
    assert [preview.shape for preview in previews] == [(197, 256, 3)] * 2


def test_caller_who_leaves_is_gone_within_one_step(painter):
    deadline, told = Deadline(), []

    def leave(done):
        told.append(done.step)
        if done.step == 3:
            deadline.cancel()

    with pytest.raises(Cancelled):
        paint(painter, leave, deadline, steps=50)
    assert told[-1] == 3


def test_threads_share_the_model(painter):
    with ThreadPoolExecutor(4) as pool:
        pictures = list(pool.map(lambda seed: paint(painter, seed=seed), [1, 2, 1, 2]))
    assert np.array_equal(pictures[0], pictures[2])
    assert np.array_equal(pictures[1], pictures[3])


def test_what_enlarges_is_given_the_drawing_and_the_size_of_the_canvas(painter):
    asked = Drawing(PLACEMENT, "a red cup", steps=4, deterministic=True)
    request = GenerateRequest("marble", Camera(CANVAS_HW, 10, 30, (90, 60), 100), 1, drawing=asked)
    given = []

    def enlarge(image, size_hw):
        given.append((image, size_hw))
        return np.full((*size_hw, 3), 7, np.uint8)

    picture = painter.paint(PLATE, request, asked, CUTOUT, Deadline(), enlarge=enlarge)
    assert (picture == 7).all()
    assert [size_hw for _, size_hw in given] == [CANVAS_HW]
    assert given[0][0].size < picture.size


def test_prompt_of_too_many_tokens_is_refused(painter):
    with pytest.raises(InvalidInput) as caught:
        paint(painter, prompt="cup " * 200)
    assert caught.value.details["field"] == "prompt"


def test_what_was_learned_is_remembered(cache):
    opened = DiffusionPainter.open(settings(), cache, MemoryBlobs())
    opened.warm_up()
    paint(opened)
    opened.close()
    assert "step" in (cache.derived_dir("estimates") / "denoising.json").read_text()


def test_gpu_that_is_not_there_is_said(cache, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(ModelUnavailable, match="which can't be had on this machine"):
        DiffusionPainter.open(settings(device="cuda"), cache, MemoryBlobs())


def test_checkpoint_that_the_catalogue_lacks_is_not_found(cache):
    with pytest.raises(NotFound, match="other"):
        DiffusionPainter.open(settings(checkpoint="other"), cache, MemoryBlobs())


def styled(blobs, name, weight=1.0, **adapter):
    """A style, whose file lies in the store then."""
    data = adapter_data(**adapter)
    blobs.files[f"styles/{name}"] = data
    return DrawnStyle(name, f"styles/{name}", hashlib.sha256(data).hexdigest(), weight)


@pytest.fixture(scope="module")
def linen(blobs):
    return styled(blobs, "linen", seed=1)


@pytest.fixture(scope="module")
def dusk(blobs):
    return styled(blobs, "dusk", seed=2)


def test_style_after_another_draws_the_same_bytes_again(painter, linen, dusk):
    first, _, plain, again = (paint(painter, styles=styles) for styles in ((linen,), (dusk,), (), (linen,)))
    assert np.array_equal(first, again)
    assert np.array_equal(plain, paint(painter))


def test_two_styles_together_draw_what_neither_draws_alone(painter, linen, dusk):
    pictures = [paint(painter, styles=styles) for styles in ((), (linen,), (dusk,), (linen, dusk))]
    assert len({picture.tobytes() for picture in pictures}) == 4


def test_style_of_no_weight_is_as_none(painter, linen):
    assert np.array_equal(paint(painter, styles=(replace(linen, weight=0.0),)), paint(painter))


def test_style_may_change_the_text_alone(painter, blobs):
    name = "lora_te_text_model_encoder_layers_0_self_attn_q_proj"
    more = {f"{name}.lora_down.weight": torch.full((4, 32), 0.5), f"{name}.lora_up.weight": torch.ones(32, 4)}
    words = styled(blobs, "words", layers={}, more=more)
    first, plain, again = (paint(painter, styles=styles) for styles in ((words,), (), (words,)))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, plain)


def test_pictures_of_different_styles_are_drawn_side_by_side(painter, linen, dusk):
    """They can't share a step, and still each gets its own."""
    sets = [(), (linen,), (dusk,), (linen, dusk)] * 2
    alone = [paint(painter, styles=styles) for styles in sets[:4]] * 2
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda styles: paint(painter, styles=styles), sets))
    assert all(np.array_equal(*pair) for pair in zip(alone, together, strict=True))


def test_adapter_that_fits_is_told_with_its_networks(painter, linen):
    facts = painter.examine(linen, Deadline())
    assert (facts.rank, facts.networks, facts.checkpoint) == (4, ("unet",), "tiny 1")

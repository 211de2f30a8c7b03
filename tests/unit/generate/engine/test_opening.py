"""Real, tiny networks through OpenVINO and ONNX Runtime."""

import numpy as np
import pytest
import torch

from services.common.errors import ModelUnavailable
from services.common.settings import DiffusionSettings, GenerateSettings
from services.generate.diffusion.checkpoint import Checkpoint
from services.generate.diffusion.request import Inpainting
from services.generate.engine.exports import Exports, write_exports
from services.generate.engine.opening import PARTS, Runners
from services.generate.engine.selector import Choice, RunnerKind
from services.generate.pipeline import InpaintPipeline
from tests.support.diffusion import Diffusers, held_square, run_alone, sample_request, soft_picture
from tests.support.tiny_checkpoint import write_tiny_checkpoint

SHAPES = pytest.mark.parametrize("xl", [False, True], ids=["sd", "sdxl"])
LIBRARIES = pytest.mark.parametrize("kind", [RunnerKind.OPENVINO, RunnerKind.ONNXRUNTIME])


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Gives a tiny checkpoint's folder, and where its exports are, each made once."""
    root, made = tmp_path_factory.mktemp("tiny"), {}

    def get(xl):
        if xl not in made:
            made[xl] = write_tiny_checkpoint(root / f"checkpoint-{xl}", xl=xl)
        return made[xl], Exports(root / "exports", write_exports)

    return get


@pytest.fixture
def open_with(folder, tmp_path):
    """Runners of a library in float32, and the pipeline over them."""

    def run(kind, xl=False, precision="float32"):
        settings = GenerateSettings(threads=1, diffusion=DiffusionSettings(precision=precision))
        checkpoint = Checkpoint.read(folder(xl)[0])
        runners = Runners(
            Choice(kind, "cpu", "a test"), checkpoint, f"{xl}", settings, tmp_path, exports=folder(xl)[1]
        )  # fmt: skip
        return runners, InpaintPipeline.open(checkpoint, open_runners=runners.open)

    return run


def apart(first, second):
    return np.abs(first.astype(int) - second.astype(int))


def psnr_db(first, second):
    return 10 * np.log10(255**2 / np.mean(np.square(apart(first, second))))


@SHAPES
@LIBRARIES
def test_picture_is_that_of_diffusers(open_with, folder, kind, xl):
    runners, pipeline = open_with(kind, xl)
    runners.prepare()
    assert {part["state"] for part in runners.status()["parts"]} == {"active"}
    request = sample_request(steps=5)
    assert apart(run_alone(pipeline, request), Diffusers(folder(xl)[0], xl=xl).run(request)).max() <= 2


def test_one_graph_takes_every_size_and_guidance(open_with, folder):
    runners, pipeline = open_with(RunnerKind.OPENVINO)
    runners.prepare()
    wide = Inpainting.plain(soft_picture(9, (48, 80)), held_square((48, 80)))
    diffusers = Diffusers(folder(xl=False)[0], xl=False)
    for changes in ({"pictures": wide}, {"guidance": 1.0}):
        request = sample_request(**changes)
        assert apart(run_alone(pipeline, request), diffusers.run(request)).max() <= 2
    assert {part["serving"] for part in runners.status()["parts"]} == {"openvino-f32"}


def test_torch_draws_before_anything_is_ready(open_with):
    runners, pipeline = open_with(RunnerKind.OPENVINO)
    assert run_alone(pipeline, sample_request(steps=1)).shape == (64, 64, 3)
    assert [(part["state"], part["serving"]) for part in runners.status()["parts"]] == [("missing", "torch")] * 3


def test_pictures_are_the_same_whichever_runner_took_which_step(open_with):
    runners, pipeline = open_with(RunnerKind.OPENVINO)
    alone = run_alone(pipeline, sample_request(steps=4))
    sample = pipeline.prepare(sample_request(steps=4))
    pipeline.step([sample])
    runners.prepare()
    while not sample.done:
        pipeline.step([sample])
    assert apart(pipeline.decode([sample])[0], alone).max() <= 2


def test_half_precision_keeps_the_picture(open_with):
    """Without guidance, which enlarges every difference, as the tiny networks' weights do already."""
    runners, pipeline = open_with(RunnerKind.OPENVINO, precision="bfloat16")
    request = sample_request(guidance=1.0)
    exact = run_alone(pipeline, request)
    runners.prepare()
    assert {part["serving"] for part in runners.status()["parts"]} == {"openvino-bf16"}
    assert psnr_db(run_alone(pipeline, request), exact) >= 40


def test_choice_and_reason_are_told(open_with):
    runners, _ = open_with(RunnerKind.OPENVINO)
    assert {"runner": "openvino", "device": "cpu", "reason": "a test"}.items() <= runners.status().items()


def test_torch_needs_no_preparation(open_with):
    runners, _ = open_with(RunnerKind.TORCH)
    runners.start()
    assert runners.status()["parts"] == []


def test_engines_want_their_library(open_with):
    with pytest.raises(ModelUnavailable, match="tensorrt"):
        open_with(RunnerKind.TENSORRT)


def test_exports_hold_what_works_at_every_step():
    assert [str(part) for part in PARTS] == ["unet", "vae_decoder", "vae_encoder"]

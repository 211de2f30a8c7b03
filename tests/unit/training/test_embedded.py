"""The checkpoint that the project ships."""

from pathlib import Path

import pytest
from diffusers import StableDiffusionInpaintPipeline

from services.common.settings import ModelSettings
from services.generate.diffusion.checkpoint import Checkpoint
from services.models.cache import ModelCache
from tests.unit.training.conftest import drawn_picture
from training.artist import Artist, Drawing
from training.pack import CATALOG, MAX_BYTES
from training.shards import Context

WEIGHTS = Path(__file__).parents[3] / "weights"
EMBEDDED = WEIGHTS / "embedded"


def test_it_is_small_and_holds_no_pickle():
    files = [file for file in EMBEDDED.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) <= MAX_BYTES
    assert {file.suffix for file in files} == {".json", ".safetensors", ".md"}


def test_its_catalogue_fits_its_files(tmp_path):
    cache = ModelCache(ModelSettings(cache_dir=tmp_path, catalog=WEIGHTS / CATALOG))
    assert (288, 224) in Checkpoint.read(cache.path("embedded")).buckets.sizes


def test_diffusers_loads_it():
    pipeline = StableDiffusionInpaintPipeline.from_pretrained(EMBEDDED, safety_checker=None)
    assert pipeline.unet.config.in_channels == 9


def test_prompt_decides_how_light_the_picture_is():
    picture = drawn_picture(0, (288, 224))
    context = Context(picture.context, picture.held, picture.known)
    artist = Artist.open(EMBEDDED, Drawing(steps=6))
    light, dark = (
        artist.draw(context, f"product photograph of a bottle on {words}", (1,))[0][~picture.held].mean()
        for words in ("a polished marble top, bright hotel lobby out of focus behind",
                      "a polished dark stone bar, arcade at night behind, dark and moody")
    )  # fmt: skip
    assert light > dark + 50


@pytest.mark.parametrize(
    "told", ["surfaces that a probe", "steepness beside the product", "samples that the denoiser saw"]
)
def test_its_card_tells_figures(told):
    assert told in (EMBEDDED / "README.md").read_text("utf-8")

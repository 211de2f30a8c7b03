"""A packed checkpoint is one that diffusers and the service load."""

import pytest
import torch
from diffusers import StableDiffusionInpaintPipeline

from services.common.settings import ModelSettings
from services.generate.diffusion.checkpoint import Checkpoint
from services.models.cache import ModelCache
from tests.unit.training.conftest import drawn_picture
from training.artist import Artist, Drawing
from training.denoiser import Painter
from training.networks import new_autoencoder
from training.pack import MAX_BYTES, pack, write_catalog
from training.shards import Context


@pytest.fixture(scope="module")
def packed(tmp_path_factory, tokenizer):
    """The checkpoint's own networks, untrained."""
    folder = tmp_path_factory.mktemp("packed") / "embedded"
    torch.manual_seed(0)
    vae = new_autoencoder()
    vae.register_to_config(scaling_factor=0.5)
    return folder, pack(folder, vae, Painter.untrained(tokenizer), tokenizer)


def test_it_is_small(packed):
    assert packed[1] <= MAX_BYTES


def test_diffusers_loads_it(packed):
    pipeline = StableDiffusionInpaintPipeline.from_pretrained(packed[0], safety_checker=None)
    assert pipeline.unet.config.in_channels == 9
    assert pipeline.vae.config.scaling_factor == 0.5
    assert pipeline.scheduler.config.prediction_type == "v_prediction"


def test_another_autoencoder_can_be_packed_with_the_same_denoiser(packed, tokenizer):
    painter, again = Painter.untrained(tokenizer), Painter.packed(packed[0], tokenizer)
    kept = StableDiffusionInpaintPipeline.from_pretrained(packed[0], safety_checker=None)
    for network, found in ((kept.unet, again.unet), (kept.text_encoder, again.text_encoder)):
        assert all(torch.equal(found.state_dict()[name], weights) for name, weights in network.state_dict().items())
    assert any(not torch.equal(one, other) for one, other in zip(painter.parameters(), again.parameters(), strict=True))
    assert dict(again.unet.config) == dict(painter.unet.config)


def test_the_service_takes_it_and_draws(packed):
    checkpoint = Checkpoint.read(packed[0])
    assert (288, 224) in checkpoint.buckets.sizes
    picture = drawn_picture(0, (288, 224))
    context = Context(picture.context, picture.held, picture.known)
    artist = Artist.open(packed[0], Drawing(steps=1, guidance=1.0))
    assert artist.draw(context, "a bottle", (1,))[0].shape == (288, 224, 3)


def test_the_catalogue_beside_it_gives_it_to_the_service_wherever_both_lie(packed, tmp_path):
    folder = packed[0]
    write_catalog(folder)
    moved = folder.parent.rename(folder.parent.with_name("moved"))
    try:
        cache = ModelCache(ModelSettings(cache_dir=tmp_path, catalog=moved / "catalog.yaml"))
        assert (
            Checkpoint.read(cache.path("embedded")).buckets.sizes == Checkpoint.read(moved / "embedded").buckets.sizes
        )
    finally:
        moved.rename(folder.parent)

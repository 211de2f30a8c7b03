"""An autoencoder begins as the linear maps that it was given."""

import pytest
import torch

from training.linear_start import start_linear
from training.networks import LATENT_CHANNELS, new_autoencoder
from training.patches import PatchBasis, psnr_db


@pytest.fixture(scope="module")
def pictures():
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(6, 3, 3, 3, generator=generator) * 2 - 1
    return torch.nn.functional.interpolate(coarse, (64, 64), mode="bicubic").clamp(-1, 1)


@pytest.fixture(scope="module")
def started(pictures):
    torch.manual_seed(0)
    vae = new_autoencoder()
    start_linear(vae, PatchBasis.fit(pictures, LATENT_CHANNELS))
    return vae.eval()


@torch.no_grad()
def test_latents_are_linear_in_the_components(started, pictures):
    basis = PatchBasis.fit(pictures, LATENT_CHANNELS)
    patches = torch.nn.functional.unfold(pictures, 8, stride=8).transpose(1, 2)
    components = ((patches - basis.mean) @ basis.rows.T).transpose(1, 2).reshape(6, LATENT_CHANNELS, 8, 8)
    latents = started.encode(pictures).latent_dist.mean
    for channel in range(LATENT_CHANNELS):
        pair = torch.stack([components[:, channel].flatten(), latents[:, channel].flatten()])
        assert torch.corrcoef(pair)[0, 1] > 0.99


@torch.no_grad()
def test_smooth_pictures_come_back_in_colour(started, pictures):
    decoded = started.decode(started.encode(pictures).latent_dist.mean).sample
    assert psnr_db(decoded, pictures) > 22
    means = decoded[..., 8:-8, 8:-8].mean((2, 3)) - pictures[..., 8:-8, 8:-8].mean((2, 3))
    assert means.abs().max() < 0.1

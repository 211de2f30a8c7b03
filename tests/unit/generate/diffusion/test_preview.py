import numpy as np
import torch

from services.generate.diffusion.preview import LatentPreview


class LinearCoder:
    """A VAE whose latents are a cell's mean colour and its brightness, scaled."""

    factor = 8

    def encode(self, image, generator):
        height, width = image.shape[0] // 8, image.shape[1] // 8
        cells = image.reshape(height, 8, width, 8, 3).mean(axis=(1, 3)) / 40 - 3
        latents = np.concatenate([cells, cells.mean(axis=2, keepdims=True)], axis=2)
        return torch.from_numpy(latents).permute(2, 0, 1)[None].float()


def test_preview_of_a_linear_vae_has_the_cells_colours():
    rng = np.random.default_rng(1)
    colours = rng.integers(0, 256, (6, 9, 3)).astype(np.uint8)
    image = np.repeat(np.repeat(colours, 8, 0), 8, 1)
    preview = LatentPreview(LinearCoder()).draw(LinearCoder().encode(image, None))
    assert np.abs(preview.astype(int) - colours.astype(int)).max() <= 1


def test_preview_of_overflown_latents_is_still_a_picture():
    preview = LatentPreview(LinearCoder()).draw(torch.full((1, 4, 2, 2), torch.nan))
    assert preview.shape == (2, 2, 3)

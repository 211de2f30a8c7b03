"""Principal components of patches."""

import pytest
import torch

from training.patches import PatchBasis, opponent, psnr_db


@pytest.fixture
def pictures():
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(8, 3, 10, 10, generator=generator) * 2 - 1
    return torch.nn.functional.interpolate(coarse, (64, 64), mode="bicubic").clamp(-1, 1)


def test_all_components_hold_pictures_whole(pictures):
    assert psnr_db(PatchBasis.fit(pictures, 192).reconstruct(pictures), pictures) > 80


def test_more_components_hold_more(pictures):
    held = [psnr_db(PatchBasis.fit(pictures, count).reconstruct(pictures), pictures) for count in (2, 4, 8, 16)]
    assert held == sorted(held)
    assert held[0] < held[-1] - 3


def test_colour_is_among_four_components():
    """Bright and dark patches of a few hues, whose luminance varies far more than their hue."""
    generator = torch.Generator().manual_seed(1)
    light = torch.rand(4, 1, 8, 8, generator=generator).repeat_interleave(8, 2).repeat_interleave(8, 3)
    hue = 0.1 * torch.rand(4, 3, 8, 8, generator=generator).repeat_interleave(8, 2).repeat_interleave(8, 3)
    pictures = (light + hue) - 0.5
    kept = PatchBasis.fit(pictures, 4).reconstruct(pictures)
    assert (kept - pictures).abs().max() < 1e-4


def test_greys_have_no_colour_differences():
    assert torch.allclose(opponent() @ torch.ones(3), torch.tensor([1.0, 0.0, 0.0]), atol=1e-6)

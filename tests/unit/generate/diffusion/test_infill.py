import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from services.generate.diffusion.infill import covered_cells, infilled_latents


def latents(height=6, width=8, seed=0):
    return torch.randn((1, 4, height, width), generator=torch.Generator().manual_seed(seed))


def cells(mask):
    return torch.from_numpy(np.asarray(mask, np.bool_))[None, None]


@given(mask=arrays(np.bool_, (6, 8)), seed=st.integers(0, 99))
def test_cells_beside_the_product_stay_and_the_others_lie_among_them(mask, seed):
    drawn, covered = latents(seed=seed), cells(mask)
    found = infilled_latents(drawn, covered)
    assert torch.equal(found[~covered.expand_as(drawn)], drawn[~covered.expand_as(drawn)])
    if mask.any() and not mask.all():
        for channel in range(4):
            kept = drawn[0, channel][~covered[0, 0]]
            assert found[0, channel].min() >= kept.min() - 1e-5
            assert found[0, channel].max() <= kept.max() + 1e-5


@given(mask=arrays(np.bool_, (6, 8)), seed=st.integers(0, 99))
def test_nothing_of_the_product_is_left(mask, seed):
    covered = cells(mask)
    if covered.all():
        return
    one, other = latents(seed=seed), latents(seed=seed + 1)
    # Two drawings that differ in the product alone give one background.
    other = torch.where(covered, other, one)
    assert torch.equal(infilled_latents(one, covered), infilled_latents(other, covered))


def test_an_even_background_goes_on_under_the_product():
    drawn = torch.full((1, 4, 16, 16), 0.7)
    covered = torch.zeros((1, 1, 16, 16), dtype=torch.bool)
    covered[..., 3:13, 2:12] = True
    drawn[covered.expand_as(drawn)] = -9
    assert torch.allclose(infilled_latents(drawn, covered), torch.tensor(0.7))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_type_stays(dtype):
    covered = cells(np.eye(6, 8))
    assert infilled_latents(latents().to(dtype), covered).dtype == dtype


def test_a_picture_full_of_product_stays_as_it_was_drawn():
    assert torch.equal(infilled_latents(latents(), cells(np.ones((6, 8)))), latents())


def test_cell_is_covered_where_the_product_touches_it_or_nearly():
    covered = np.zeros((32, 32), np.bool_)
    covered[10, 21] = True
    # Five pixels from the cells above it, and six from those to the right.
    assert covered_cells(covered, 8)[0, 0].nonzero().tolist() == [[0, 2], [0, 3], [1, 2], [1, 3]]

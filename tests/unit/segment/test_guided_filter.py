import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from services.segment.guided_filter import guided_filter


def edge_guide(size=64):
    """Left half dark red, right half light green."""
    guide = np.empty((size, size, 3), np.float32)
    guide[:, : size // 2] = (0.3, 0.1, 0.1)
    guide[:, size // 2 :] = (0.6, 0.8, 0.6)
    return guide


@settings(max_examples=20)
@given(value=st.floats(0, 1, width=32), subsample=st.integers(1, 3))
def test_constant_stays_constant(value, subsample):
    source = np.full((64, 64), value, np.float32)
    assert np.allclose(guided_filter(edge_guide(), source, 4, 1e-4, subsample), value, atol=1e-4)


def test_soft_edge_becomes_the_guides_sharp_one():
    ramp = np.tile(np.clip((np.arange(64, dtype=np.float32) - 28) / 8, 0, 1), (64, 1))
    result = guided_filter(edge_guide(), ramp, 8, 1e-4)
    assert result[:, 32].min() - result[:, 31].max() > 0.6


def test_flat_guide_only_smooths():
    noise = np.random.default_rng(0).random((64, 64)).astype(np.float32)
    result = guided_filter(np.full((64, 64, 3), 0.5, np.float32), noise, 4, 1e-4)
    assert result.std() < noise.std() / 5


def test_solving_on_a_coarser_grid_changes_little():
    ramp = np.tile(np.clip((np.arange(64, dtype=np.float32) - 28) / 8, 0, 1), (64, 1))
    fine, coarse = (guided_filter(edge_guide(), ramp, 8, 1e-4, subsample) for subsample in (1, 2))
    assert np.abs(fine - coarse).mean() < 0.02

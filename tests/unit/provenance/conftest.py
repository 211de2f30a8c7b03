import numpy as np
import pytest


@pytest.fixture
def noise():
    """Random bytes, (H, W, 3) uint8."""
    return lambda height=32, width=48: np.random.default_rng(3).integers(0, 256, (height, width, 3), dtype=np.uint8)

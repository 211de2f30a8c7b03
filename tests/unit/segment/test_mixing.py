import numpy as np
import pytest

from services.common.srgb import encode
from services.segment.mixing import Mixing

BYTES = np.arange(256, dtype=np.uint8)


@pytest.mark.parametrize("mixing", list(Mixing))
def test_bytes_come_back_as_they_were(mixing: Mixing) -> None:
    assert np.array_equal(mixing.shown(mixing.values(BYTES)), BYTES)


@pytest.mark.parametrize("mixing", list(Mixing))
def test_values_in_srgb_are_the_bytes_share(mixing: Mixing) -> None:
    assert np.allclose(mixing.encoded(mixing.values(BYTES)), BYTES / 255, atol=1e-5)


def test_half_of_light_is_brighter_than_half_of_bytes() -> None:
    half = np.full((1, 3), 0.5, np.float32)
    assert np.all(Mixing.LIGHT.shown(half) == round(float(encode(half)[0, 0]) * 255))
    assert np.all(Mixing.ENCODED.shown(half) == 128)

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.srgb import LUMINANCE, to_bytes, to_linear


def test_every_byte_survives_linear_light() -> None:
    every = np.arange(256, dtype=np.uint8)
    assert np.array_equal(to_bytes(to_linear(every)), every)


@pytest.mark.parametrize(("byte", "light"), [(0, 0.0), (255, 1.0), (128, 0.21586), (10, 10 / 255 / 12.92)])
def test_to_linear_follows_the_standard_curve(byte: int, light: float) -> None:
    assert to_linear(np.array([byte], np.uint8))[0] == pytest.approx(light, abs=1e-5)


def test_half_the_light_is_byte_188() -> None:
    assert to_bytes(np.array([0.5], np.float32))[0] == 188


@given(st.floats(-10, 10, width=32), st.floats(0, 1, width=32))
def test_to_bytes_rises_with_light_and_clips(light: float, more: float) -> None:
    low, high = to_bytes(np.array([light, light + more], np.float32))
    assert low <= high


def test_shapes_are_kept_even_when_empty() -> None:
    assert to_linear(np.zeros((0, 5, 3), np.uint8)).shape == (0, 5, 3)
    assert to_bytes(np.zeros((4, 5, 3), np.float32)).shape == (4, 5, 3)


def test_luminance_weights_add_up_to_one() -> None:
    assert LUMINANCE.sum() == pytest.approx(1, abs=1e-6)
